namespace Winnow.Vulkan;

/// <summary>The device, or the memory of the system that it can reach, has not as much room as was asked for.</summary>
public sealed class VulkanOutOfMemoryException : WinnowException
{
    /// <summary>Creates an error.</summary>
    public VulkanOutOfMemoryException(string message)
        : base(message)
    {
    }
}
