using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>
/// How a block of 32 quants of up to five bits is taken apart: what their kernels are written over. A weight is d · (quant − centre)
/// without a minimum, d · quant + m with one; d is an f16 at the head of the block, m the next.
/// </summary>
internal unsafe interface IBlock
{
    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Whether there is a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>Bits of a quant.</summary>
    static abstract int Bits { get; }

    /// <summary>32 unsigned quants in order.</summary>
    static abstract Vector256<byte> Quants(byte* block);

    /// <summary>The quants of this block and the next in order. Needs AVX-512.</summary>
    static abstract Vector512<byte> Quants64(byte* block);
}
