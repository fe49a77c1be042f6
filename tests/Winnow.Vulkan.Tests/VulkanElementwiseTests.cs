using Winnow.Compute;

namespace Winnow.Vulkan.Tests;

public sealed class VulkanElementwiseTests : ElementwiseOperationTests
{
    private protected override Device CreateDevice(int threads) => TestDevice.Open();
}
