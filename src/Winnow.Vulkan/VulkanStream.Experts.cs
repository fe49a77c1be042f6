using Winnow.Compute;

namespace Winnow.Vulkan;

/// <summary>Mixtures of experts.</summary>
internal sealed unsafe partial class VulkanStream
{
    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output, int steps) =>
        throw new NotImplementedException();
}
