using Winnow.Generation;

namespace Winnow.Vulkan.Tests;

/// <summary>The same with the first layer on the processor.</summary>
public sealed class SplitSessionTests : SessionTests
{
    protected override EngineOptions Placement { get; } = new() { Device = "vulkan:0", GpuLayers = 1 };

    protected override string DiskRefusal => "keys and values lie on disk only where one device computes all layers";
}

/// <summary>The same with a layer on each of two devices.</summary>
public sealed class TwinSessionTests : SessionTests
{
    protected override EngineOptions Placement { get; } = new() { Device = "twin:a,b" };

    protected override string DiskRefusal => "keys and values lie on disk only where one device computes all layers";
}
