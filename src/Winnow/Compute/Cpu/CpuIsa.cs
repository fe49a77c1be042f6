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

    /// <summary>Whether 512-bit operations run at full rate, which decides between the row kernels of 256 and 512 bits.</summary>
    /// <remarks>
    /// There is no flag for that. AVX-VNNI tells the generations apart: Zen 5, Sapphire Rapids and later have it and execute 512 bits at
    /// once; Zen 4, whose units are 256 bits wide (row kernels of 512 were a fifth slower there), and the Intel cores that clock down for
    /// 512 bits do not. DOTNET_EnableAVXVNNI=0 switches it off.
    /// </remarks>
    public static bool HasWideUnits { get; } = IsSupported(CpuIsa.Avx512) && AvxVnni.IsSupported;

    /// <summary>Whether kernels of this instruction set can run here.</summary>
    public static bool IsSupported(CpuIsa isa) => isa switch
    {
        CpuIsa.Avx512 => Avx512F.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx2.IsSupported && Fma.IsSupported,
        CpuIsa.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        _ => true,
    };
}
