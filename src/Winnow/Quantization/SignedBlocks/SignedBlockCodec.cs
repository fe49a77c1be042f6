using System.Runtime.CompilerServices;
using Winnow.Quantization.Layouts;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>Decodes blocks of signed quants: every product of a scale and a quant fits a float, so nothing is rounded.</summary>
internal static unsafe class SignedBlockCodec
{
    [SkipLocalsInit]
    public static void Decode<TBlock>(ReadOnlySpan<byte> source, Span<float> destination)
        where TBlock : ISignedBlock
    {
        sbyte* quants = stackalloc sbyte[TBlock.Length];
        float* scales = stackalloc float[16];
        int group = TBlock.ScalesPer32 ? 32 : 16;
        for (; destination.Length != 0; source = source[TBlock.Bytes..], destination = destination[TBlock.Length..])
        {
            fixed (byte* block = source)
            {
                TBlock.Unpack(block, (float)BitConverter.UInt16BitsToHalf(TBlock.ScaleBits(block)), quants, scales);
            }

            for (int i = 0; i < TBlock.Length; i++)
            {
                destination[i] = scales[i / group] * quants[i];
            }
        }
    }
}
