namespace Winnow.Vulkan;

/// <summary>
/// The driver gave the device up: a crash, a watchdog, a card that was taken out. All that lay on it is gone; engines on it must be
/// disposed, and a new one may be loaded.
/// </summary>
public sealed class VulkanDeviceLostException : WinnowException
{
    /// <summary>Creates an error.</summary>
    public VulkanDeviceLostException(string message)
        : base(message)
    {
    }
}
