using System.Runtime.CompilerServices;
using Winnow.Quantization.Layouts;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>The weights that kernels unpack at once.</summary>
internal static unsafe class SignedGroup
{
    public const int Length = 256;

    /// <summary>Takes up to 256 weights apart block by block, on every processor, and returns the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Unpack<TBlock>(byte* block, int count, sbyte* quants, float* scales)
        where TBlock : ISignedBlock
    {
        for (; count > 0; count -= TBlock.Length, block += TBlock.Bytes, quants += TBlock.Length)
        {
            TBlock.Unpack(block, HalfBits.ToSingle(TBlock.ScaleBits(block)), quants, scales);
            scales += TBlock.Length / (TBlock.ScalesPer32 ? 32 : 16);
        }

        return block;
    }
}
