using System.Runtime.Intrinsics;

namespace Winnow.Quantization.Layouts;

/// <summary>
/// How a block of 32 quants of up to five bits is taken apart: what their kernels are written over. A weight is d · (quant − centre)
/// without a minimum, d · quant + m with one; the centre is the middle of the quants' range.
/// </summary>
internal unsafe interface IBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether there is a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Bits of a quant: 4 or 5.</summary>
    static abstract int Bits { get; }

    /// <summary>d.</summary>
    static abstract float Scale(byte* block);

    /// <summary>m; not asked for where there is none.</summary>
    static abstract float Minimum(byte* block);

    /// <summary>The d of eight neighbouring blocks. Needs AVX2.</summary>
    static abstract Vector256<float> Scales8(byte* block);

    /// <summary>The m of eight neighbouring blocks; not asked for where there is none. Needs AVX2.</summary>
    static abstract Vector256<float> Minima8(byte* block);

    /// <summary>Sixteen unsigned quants in order, on every processor.</summary>
    /// <param name="block">The block.</param>
    /// <param name="half">Which half of the block, 0 or 1; a literal.</param>
    static abstract Vector128<byte> Quants16(byte* block, int half);

    /// <summary>32 unsigned quants in order. Needs AVX2.</summary>
    static abstract Vector256<byte> Quants32(byte* block);

    /// <summary>The quants of this block and the next in order. Needs AVX-512.</summary>
    static abstract Vector512<byte> Quants64(byte* block);
}
