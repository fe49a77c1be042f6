using Winnow.Compute;

namespace Winnow.Vulkan.Tests;

public sealed class VulkanProductTests : ProductOperationTests
{
    private protected override Device CreateDevice(int threads) => TestDevice.Open();
}

public sealed class VulkanExpertTests : ExpertOperationTests
{
    private protected override Device CreateDevice() => TestDevice.Open();
}

public sealed class VulkanAttentionTests : AttentionOperationTests
{
    protected override bool IsSlow => true;

    private protected override Device CreateDevice(int threads) => TestDevice.Open();
}

/// <summary>The first layers on the processor, the others on two devices.</summary>
public sealed class SplitMethodReferenceTests : MethodReferenceTests
{
    protected override int LongestPrompt => PromptLimit.Or(500);

    protected override int MostCases => PromptLimit.IsGiven ? int.MaxValue : 1;

    private protected override Device CreateDevice() => TestDevice.Open();

    private protected override LayerDevices Place(int layers) => TestDevice.Split(layers);
}

public sealed class VulkanMethodReferenceTests : MethodReferenceTests
{
    protected override int LongestPrompt => PromptLimit.Or(500);

    private protected override Device CreateDevice() => TestDevice.Open();
}
