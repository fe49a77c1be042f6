using Winnow.Compute;
using Winnow.Lab.Devices;

namespace Winnow.Vulkan.Tests;

public sealed class DeviceCheckTests
{
    [Fact]
    public void Every_group_of_operations_and_every_method_agree_with_the_processor()
    {
        Devices.Add(new VulkanDeviceKind());
        using VulkanDevice device = TestDevice.Open();
        DeviceCheckResult[] results = [.. DeviceCheck.Run(device)];
        Assert.InRange(results.Length, 15, 200);
        Assert.All(results, result => Assert.True(result.Passes, $"{result.Name}: {result.Failure ?? $"differs by {result.Error}"}"));
    }
}
