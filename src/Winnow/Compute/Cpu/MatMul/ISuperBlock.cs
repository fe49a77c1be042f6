using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>
/// How a block of 256 quants of one type is taken apart: what the kernels of all K-quants are written over. A weight is
/// d · scale · quant − m · minimum, where types with an offset have their scales for minima and the offset in m.
/// </summary>
internal unsafe interface ISuperBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether scales belong to 32 quants each, not 16.</summary>
    static abstract bool ScalesPer32 { get; }

    /// <summary>32 unsigned quants in order.</summary>
    /// <param name="block">The block.</param>
    /// <param name="part">Which 32 of the block, 0 to 7; a literal.</param>
    static abstract Vector256<byte> Quants32(byte* block, int part);

    /// <summary>Eight scales and eight minima, or sixteen scales.</summary>
    static abstract Vector256<short> Factors(byte* block);

    /// <summary>Minima times the sums of the activations that they are subtracted from, in any order.</summary>
    static abstract Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record);

    /// <summary>d and m in the lowest two elements.</summary>
    static abstract Vector128<float> Multipliers(byte* block);
}

/// <summary>Those of them whose scales belong to 16 quants each: what <see cref="Dot512"/> is written over.</summary>
internal unsafe interface ISuperBlockPer16 : ISuperBlock
{
    /// <summary>64 unsigned quants in order. Needs AVX-512.</summary>
    /// <param name="block">The block.</param>
    /// <param name="part">Which 64 of the block, 0 to 3; a literal.</param>
    static abstract Vector512<byte> Quants64(byte* block, int part);
}
