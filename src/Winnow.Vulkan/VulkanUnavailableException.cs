namespace Winnow.Vulkan;

/// <summary>No device can be had: there is no loader, no driver, or none that is new enough. The message says which.</summary>
public sealed class VulkanUnavailableException : WinnowException
{
    /// <summary>Creates an error.</summary>
    public VulkanUnavailableException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an error that another one caused.</summary>
    public VulkanUnavailableException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
