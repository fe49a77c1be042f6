using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Tests;

/// <summary>The device that tests run on: the first that can be used, drivers that compute on the processor included.</summary>
internal static class TestDevice
{
    private static readonly Lazy<(VulkanDevice? Device, string Reason)> Kept = new(Find);
    private static readonly Lazy<VulkanDevice[]> KeptTwins = new(() => [CreateTwin("a"), CreateTwin("b")]);

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

    /// <summary>One of two devices on the adapter of <see cref="Open"/> that share nothing: <c>twin:a</c> and <c>twin:b</c>.</summary>
    public static VulkanDevice OpenTwin(int number)
    {
        Open().Dispose();
        return new VulkanDevice(KeptTwins.Value[number].Context.Join());
    }

    /// <summary>A third of the layers on the processor, the others on both twins.</summary>
    public static LayerDevices Split(int layers)
    {
        int[] ends = [0, layers / 3, layers * 2 / 3, layers];
        Device[] devices = [new CpuDevice(new CpuDeviceOptions { Threads = 1 }), OpenTwin(0), OpenTwin(1)];
        return LayerDevices.Of([.. devices.Select((device, i) => new DeviceLayers(device, ends[i], ends[i + 1] - ends[i]))]);
    }

    private static VulkanDevice CreateTwin(string name) =>
        new(new VulkanContext(Kept.Value.Device!.Context.Adapter, $"twin:{name}").Join());

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
