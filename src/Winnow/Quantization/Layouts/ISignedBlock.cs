namespace Winnow.Quantization.Layouts;

/// <summary>
/// How a block of signed quants of at most eight bits, looked up or put together, is taken apart: what their kernels are written over.
/// A weight is the scale of its 16 or 32 times its quant.
/// </summary>
internal unsafe interface ISignedBlock
{
    /// <summary>The bits of an f16 of 1: what <see cref="ScaleBits"/> is where a block has no f16.</summary>
    const ushort One = 0x3C00;

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Weights of a block: 32, 64, 128 or 256.</summary>
    static abstract int Length { get; }

    /// <summary>Whether scales belong to 32 quants each, not 16.</summary>
    static abstract bool ScalesPer32 { get; }

    /// <summary>The f16 that all scales of a block are multiples of; that of 1 where there is none.</summary>
    static abstract ushort ScaleBits(byte* block);

    /// <summary>Takes a block apart on every processor.</summary>
    /// <param name="block">The block.</param>
    /// <param name="d">The value of <see cref="ScaleBits"/>.</param>
    /// <param name="quants">Receives all quants in order.</param>
    /// <param name="scales">Receives the scale of each 16 or 32 of them.</param>
    static abstract void Unpack(byte* block, float d, sbyte* quants, float* scales);

    /// <summary>Takes 256 weights apart, in one block or several. Needs AVX2.</summary>
    /// <param name="blocks">The first block.</param>
    /// <param name="quants">Receives all quants in order.</param>
    /// <param name="scales">Receives the scale of each 16 or 32 of them.</param>
    static abstract void Unpack256(byte* blocks, sbyte* quants, float* scales);

    /// <summary>The same. Needs AVX-512 with VBMI.</summary>
    static abstract void Unpack512(byte* blocks, sbyte* quants, float* scales);
}
