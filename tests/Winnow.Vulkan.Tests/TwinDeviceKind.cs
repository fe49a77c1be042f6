using Winnow.Compute;
using Winnow.Compute.Cpu;

namespace Winnow.Vulkan.Tests;

/// <summary>Two devices where there is one: <c>twin:a</c> and <c>twin:b</c>, which share nothing but the adapter.</summary>
internal sealed class TwinDeviceKind : DeviceKind
{
    public override string Name => "twin";

    public override IReadOnlyList<DeviceInfo> List() => [new("twin:a", "one"), new("twin:b", "another")];

    public override Device Create(string? which, CpuDeviceOptions host) => TestDevice.OpenTwin(which == "b" ? 1 : 0);
}
