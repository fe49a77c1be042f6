using System.Runtime.Intrinsics;

namespace Winnow.Quantization.Layouts;

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

    /// <summary>Which words <see cref="Unpack"/> and <see cref="Unpack128"/> write.</summary>
    static abstract SuperBlockForm Form { get; }

    /// <summary>What is subtracted from each quant, and so the offset: 0 where there are minima.</summary>
    static abstract int Centre { get; }

    /// <summary>32 unsigned quants in order. Needs AVX2.</summary>
    /// <param name="block">The block.</param>
    /// <param name="part">Which 32 of the block, 0 to 7; a literal.</param>
    static abstract Vector256<byte> Quants32(byte* block, int part);

    /// <summary>Eight scales and eight minima, or sixteen scales. Needs AVX2.</summary>
    static abstract Vector256<short> Factors(byte* block);

    /// <summary>What pairs with the sums of the activations: the factors themselves, or sixteen minima. Needs AVX2.</summary>
    static abstract Vector256<short> Minima(byte* block, Vector256<short> factors);

    /// <summary>d and m in the lowest two elements. Needs AVX2.</summary>
    static abstract Vector128<float> Multipliers(byte* block);

    /// <summary>Writes a block's words. Needs AVX2.</summary>
    static abstract void Unpack(byte* block, uint* words);

    /// <summary>Writes a block's words in 128 bits, on every processor.</summary>
    static abstract void Unpack128(byte* block, uint* words);
}

/// <summary>Those of them whose scales belong to 16 quants each: their rows go faster in 512 bits.</summary>
internal unsafe interface ISuperBlockPer16 : ISuperBlock
{
    /// <summary>64 unsigned quants in order. Needs AVX-512.</summary>
    /// <param name="block">The block.</param>
    /// <param name="part">Which 64 of the block, 0 to 3; a literal.</param>
    static abstract Vector512<byte> Quants64(byte* block, int part);
}
