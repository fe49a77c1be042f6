using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tests.InstructionSets;

namespace Winnow.Tests.Compute.Cpu;

/// <summary>Creates CPU devices of one instruction set.</summary>
internal static class CpuDevices
{
    public static Device Create(CpuIsa isa, int threads)
    {
        Assert.SkipUnless(CpuIsaSupport.IsSupported(isa), $"this processor has no {isa}");
        Assert.SkipWhen(DeniedInstructionsTests.IsChild && isa != CpuIsaSupport.Best.ForFloats(), "the widest is what this process was made for");
        return new CpuDevice(new CpuDeviceOptions { Isa = isa, Threads = threads });
    }
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx512ElementwiseTests : ElementwiseOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx512, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx2ElementwiseTests : ElementwiseOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx2, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class PortableElementwiseTests : ElementwiseOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Portable, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx512AttentionTests : AttentionOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx512, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx2AttentionTests : AttentionOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx2, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class PortableAttentionTests : AttentionOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Portable, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx512RecurrenceTests : RecurrenceOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx512, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class Avx2RecurrenceTests : RecurrenceOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Avx2, threads);
}

[EveryInstructionSet(VectorsOnly = true)]
public sealed class PortableRecurrenceTests : RecurrenceOperationTests
{
    private protected override Device CreateDevice(int threads) => CpuDevices.Create(CpuIsa.Portable, threads);
}

public sealed class Avx512ExpertTests : ExpertOperationTests
{
    private protected override Device CreateDevice() => CpuDevices.Create(CpuIsa.Avx512, 2);
}

public sealed class AvxVnniExpertTests : ExpertOperationTests
{
    private protected override Device CreateDevice() => CpuDevices.Create(CpuIsa.AvxVnni, 2);
}

public sealed class Avx2ExpertTests : ExpertOperationTests
{
    private protected override Device CreateDevice() => CpuDevices.Create(CpuIsa.Avx2, 2);
}

public sealed class PortableExpertTests : ExpertOperationTests
{
    private protected override Device CreateDevice() => CpuDevices.Create(CpuIsa.Portable, 2);
}

public sealed class CpuProductTests : ProductOperationTests
{
    private protected override Device CreateDevice(int threads) => new CpuDevice(new CpuDeviceOptions { Threads = threads });
}

public sealed class CpuMethodReferenceTests : MethodReferenceTests
{
    private protected override Device CreateDevice() => new CpuDevice();
}
