using Silk.NET.Vulkan;

namespace Winnow.Vulkan.Native;

/// <summary>Turns what a driver answers into errors that users can act on.</summary>
internal static class ResultExtensions
{
    /// <summary>Throws unless a call succeeded.</summary>
    /// <param name="result">What the call returned.</param>
    /// <param name="what">What it was to do, after "could not".</param>
    /// <param name="device">The device, for the message.</param>
    /// <exception cref="WinnowException">It did not.</exception>
    public static void Require(this Result result, string what, string device)
    {
        switch (result)
        {
            case Result.Success:
                return;
            case Result.ErrorDeviceLost:
                throw new VulkanDeviceLostException(
                    $"{device} was lost while it was asked to {what}: the driver reset it; load the model again, with a smaller --chunk if it happens with long prompts");
            case Result.ErrorOutOfDeviceMemory:
            case Result.ErrorOutOfHostMemory:
                throw new VulkanOutOfMemoryException($"{device} could not {what}: out of memory ({result})");
            default:
                throw new WinnowException($"{device} could not {what}: the driver answered {result}");
        }
    }
}
