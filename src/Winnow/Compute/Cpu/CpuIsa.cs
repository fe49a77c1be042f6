using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu;

/// <summary>The instruction sets that the CPU device has kernels for, from narrow to wide.</summary>
public enum CpuIsa
{
    /// <summary>128-bit vectors of whatever kind the runtime offers: every processor.</summary>
    Portable,

    /// <summary>Arm with the dot products of Armv8.2; as <see cref="Portable"/> otherwise.</summary>
    ArmDot,

    /// <summary>AVX2 and FMA.</summary>
    Avx2,

    /// <summary>AVX2 and FMA with the dot products of AVX-VNNI.</summary>
    AvxVnni,

    /// <summary>AVX-512 F, BW, DQ and VL.</summary>
    Avx512,
}

/// <summary>Which instruction sets this processor offers.</summary>
internal static class CpuIsaSupport
{
    /// <summary>The widest one that the processor and the runtime's settings allow.</summary>
    public static CpuIsa Best { get; } = Enum.GetValues<CpuIsa>().Where(IsSupported).Max();

    /// <summary>Whether 512-bit operations run at full rate, which decides between the row kernels of 256 and 512 bits.</summary>
    /// <remarks>
    /// There is no flag for that. AVX-VNNI tells the generations apart: Zen 5, Sapphire Rapids and later have it and execute 512 bits at
    /// once; Zen 4, whose units are 256 bits wide (row kernels of 512 were a fifth slower there), and the Intel cores that clock down for
    /// 512 bits do not. DOTNET_EnableAVXVNNI=0 switches it off. All that have wide units have VBMI, too.
    /// </remarks>
    public static bool HasWideUnits { get; } = IsSupported(CpuIsa.Avx512) && AvxVnni.IsSupported && Avx512Vbmi.IsSupported;

    /// <summary>Whether kernels of this instruction set can run here.</summary>
    public static bool IsSupported(CpuIsa isa) => isa switch
    {
        CpuIsa.Avx512 => Avx512F.IsSupported && Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported && Avx2.IsSupported && Fma.IsSupported,
        CpuIsa.AvxVnni => AvxVnni.IsSupported && Avx2.IsSupported && Fma.IsSupported,
        CpuIsa.Avx2 => Avx2.IsSupported && Fma.IsSupported,
        CpuIsa.ArmDot => Dp.IsSupported && AdvSimd.Arm64.IsSupported,
        _ => true,
    };

    /// <summary>The instruction set whose kernels compute with floats: dot products of integers do not matter to them.</summary>
    public static CpuIsa ForFloats(this CpuIsa isa) => isa switch
    {
        CpuIsa.AvxVnni => CpuIsa.Avx2,
        CpuIsa.ArmDot => CpuIsa.Portable,
        _ => isa,
    };
}
