using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Tests;

/// <summary>The device that tests run on: the first that can be used, drivers that compute on the processor included.</summary>
internal static class TestDevice
{
    private static readonly Lazy<(VulkanDevice? Device, string Reason)> Kept = new(Find);

    /// <summary>The device; one is kept open, so that shaders are compiled once.</summary>
    public static VulkanDevice Open()
    {
        if (Kept.Value.Device is not { } kept)
        {
            Assert.True(Environment.GetEnvironmentVariable("WINNOW_VULKAN_REQUIRED") != "1", Kept.Value.Reason);
            Assert.Skip(Kept.Value.Reason);
            throw new InvalidOperationException(Kept.Value.Reason);
        }

        return new VulkanDevice(kept.Context.Adapter);
    }

    private static (VulkanDevice? Device, string Reason) Find()
    {
        try
        {
            VulkanAdapter[] adapters = VulkanAdapter.All();
            return Array.Find(adapters, adapter => adapter.Refusal is null) is { } adapter
                ? (new VulkanDevice(adapter), "")
                : (null, $"no usable Vulkan device: {string.Join("; ", adapters.Select(adapter => $"{adapter.Description}: {adapter.Refusal}"))}");
        }
        catch (VulkanUnavailableException e)
        {
            return (null, e.Message);
        }
    }
}
