using Winnow.Lab.Devices;

namespace Winnow.Vulkan.Tests;

public sealed class DeviceCheckTests
{
    [Fact]
    public void Every_group_of_operations_and_every_method_agree_with_the_processor()
    {
        VulkanDevices.Add();
        using VulkanDevice device = TestDevice.Open();
        using DeviceCheck check = DeviceCheck.Open(device.Name);
        DeviceCheckResult[] results = [.. check.Run()];
        Assert.InRange(results.Length, 15, 200);
        Assert.All(results, result => Assert.True(result.Passes, $"{result.Name}: {result.Failure ?? $"differs by {result.Error}"}"));
    }
}
