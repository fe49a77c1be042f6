using Winnow.Compute;
using Winnow.Compute.Cpu;

namespace Winnow.Vulkan.Tests;

public sealed class DeviceKindTests
{
    [Fact]
    public void Devices_are_listed_with_driver_memory_and_features()
    {
        using VulkanDevice device = TestDevice.Open();
        DeviceInfo info = new VulkanDeviceKind().List().Single(info => info.Name == device.Name);
        Assert.Null(info.Refusal);
        foreach (string key in new[] { "type", "driver", "api_version", "heap_0", "subgroup_size", "features" })
        {
            Assert.Contains(info.Details, detail => detail.Key == key && detail.Value.Length > 0);
        }
    }

    [Fact]
    public void A_device_is_chosen_by_number_or_by_a_part_of_its_name()
    {
        using VulkanDevice device = TestDevice.Open();
        VulkanDeviceKind kind = new();
        string part = device.Context.Adapter.Description[..5].ToUpperInvariant();
        using Device byNumber = kind.Create("0", new CpuDeviceOptions());
        using Device byName = kind.Create(part, new CpuDeviceOptions());
        Assert.Equal(device.Context.Adapter.Description[..5], byName.Description[..5]);
        Assert.Equal("vulkan:0", byNumber.Name);
    }

    [Fact]
    public void What_is_not_there_is_named_with_what_is()
    {
        using VulkanDevice device = TestDevice.Open();
        foreach (string which in new[] { "99", "no such card" })
        {
            VulkanUnavailableException error = Assert.Throws<VulkanUnavailableException>(() => new VulkanDeviceKind().Create(which, new CpuDeviceOptions()));
            Assert.Contains($"there is no device 'vulkan:{which}'; there are vulkan:0 (", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_driver_that_computes_on_the_processor_is_used_only_where_it_is_named()
    {
        using VulkanDevice device = TestDevice.Open();
        Assert.SkipUnless(device.Context.Adapter.IsProcessor && !VulkanSettings.AllowsProcessor, "the first device is a GPU, or processors are allowed");
        VulkanUnavailableException error = Assert.Throws<VulkanUnavailableException>(() => new VulkanDeviceKind().Create(null, new CpuDeviceOptions()));
        Assert.Contains("it computes on the processor, so it must be named", error.Message, StringComparison.Ordinal);
    }
}
