using Winnow.Compute;

namespace Winnow.Vulkan;

/// <summary>Products with weights.</summary>
internal sealed unsafe partial class VulkanStream
{
    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps) =>
        throw new NotImplementedException();
}
