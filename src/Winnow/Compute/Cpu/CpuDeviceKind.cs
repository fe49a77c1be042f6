using System.Globalization;

namespace Winnow.Compute.Cpu;

/// <summary>The processor, which is always there.</summary>
internal sealed class CpuDeviceKind : DeviceKind
{
    public override string Name => "cpu";

    public override IReadOnlyList<DeviceInfo> List() =>
    [
        new DeviceInfo(Name, $"CPU, {CpuIsaSupport.Best}, {PhysicalCores.Count} threads")
        {
            Details =
            [
                new("isa", CpuIsaSupport.Best.ToString().ToLowerInvariant()),
                new("threads", PhysicalCores.Count.ToString(CultureInfo.InvariantCulture)),
            ],
        },
    ];

    public override Device Create(string? which, CpuDeviceOptions host) => which is null or "0"
        ? new CpuDevice(host)
        : throw new WinnowException($"there is no device '{Name}:{which}'; there is one processor, '{Name}'");
}
