using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu;

/// <summary>The instruction sets that the CPU device has kernels for.</summary>
public enum CpuIsa
{
    /// <summary><see cref="System.Numerics.Vector{T}"/> of whatever width the runtime offers: every processor.</summary>
    Portable,

    /// <summary>AVX2 and FMA.</summary>
    Avx2,

    /// <summary>AVX-512 F, BW, DQ and VL.</summary>
    Avx512,
}

/// <summary>Which instruction sets this processor offers.</summary>
internal static class CpuIsaSupport
{
    /// <summary>The widest one that the processor and the runtime's settings allow.</summary>
    public static CpuIsa Best { get; } =
        IsSupported(CpuIsa.Avx512) ? CpuIsa.Avx512 : IsSupported(CpuIsa.Avx2) ? CpuIsa.Avx2 : CpuIsa.Portable;

    /// <summary>Whether kernels of this instruction set can run here.</summary>
    public static bool IsSupported(CpuIsa isa) => isa switch
    {
        CpuIsa.Avx512 => Avx512F.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx2.IsSupported && Fma.IsSupported,
        CpuIsa.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };
}
