using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.DeviceTests.Reference;

namespace Winnow.Tests.Compute;

/// <summary>Every device that must agree: the reference, and the processor with each of its instruction sets.</summary>
internal static class TestDevices
{
    public const string Reference = "reference";

    /// <summary>The processor's instruction sets, by name.</summary>
    public static readonly string[] Cpu = Enum.GetNames<CpuIsa>();

    /// <summary>All of them.</summary>
    public static readonly string[] All = [Reference, .. Cpu];

    /// <summary>Creates a device; skips the calling test where the processor lacks the instruction set.</summary>
    public static Device Create(string name)
    {
        if (name == Reference)
        {
            return new ReferenceDevice();
        }

        CpuIsa isa = Enum.Parse<CpuIsa>(name);
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        return new CpuDevice(new CpuDeviceOptions { Isa = isa, Threads = 2 });
    }
}
