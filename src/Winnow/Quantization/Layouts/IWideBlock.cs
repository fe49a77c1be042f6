using System.Runtime.Intrinsics;

namespace Winnow.Quantization.Layouts;

/// <summary>How a block of 32 signed quants of eight bits is taken apart: what their kernels are written over. A weight is d · quant.</summary>
internal unsafe interface IWideBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>d.</summary>
    static abstract float Scale(byte* block);

    /// <summary>The d of eight neighbouring blocks. Needs AVX2.</summary>
    static abstract Vector256<float> Scales8(byte* block);

    /// <summary>The first of the 32 quants, which follow each other in order.</summary>
    static abstract sbyte* Quants(byte* block);
}
