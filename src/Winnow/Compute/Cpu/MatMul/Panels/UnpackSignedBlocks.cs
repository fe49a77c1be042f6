using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;
using Winnow.Quantization.SignedBlocks;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>Blocks of signed quants into the words of <see cref="BlockWords.Wide32"/> or, with scales per 16, <see cref="BlockWords.Wide16"/>.</summary>
internal static unsafe class UnpackSignedBlocks
{
    /// <summary>Words of a block.</summary>
    public static int Words<TBlock>()
        where TBlock : ISignedBlock =>
        TBlock.ScalesPer32 ? TBlock.Length / 32 * BlockWords.Wide32.Words : TBlock.Length / 16 * BlockWords.Wide16.Words;

    /// <summary>Needs AVX2.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In256<TBlock>(byte* block, int count, uint* words)
        where TBlock : ISignedBlock
    {
        sbyte* quants = stackalloc sbyte[SignedGroup.Length];
        float* scales = stackalloc float[16];
        for (int left = count * TBlock.Length; left > 0; left -= SignedGroup.Length, block += SignedGroup.Length / TBlock.Length * TBlock.Bytes)
        {
            int length = Math.Min(left, SignedGroup.Length);
            if (length == SignedGroup.Length)
            {
                TBlock.Unpack256(block, quants, scales);
            }
            else
            {
                SignedGroup.Unpack<TBlock>(block, length, quants, scales);
            }

            float* scale = scales;
            for (int i = 0; i < length; i += 16)
            {
                Avx2.ConvertToVector256Int16(quants + i).Store((short*)words);
                words += 8;
                if (!TBlock.ScalesPer32 || i % 32 != 0)
                {
                    *(float*)words++ = *scale++;
                }
            }
        }
    }

    /// <summary>In 128 bits, on every processor.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In128<TBlock>(byte* block, int count, uint* words)
        where TBlock : ISignedBlock
    {
        sbyte* quants = stackalloc sbyte[TBlock.Length];
        float* scales = stackalloc float[16];
        for (; count > 0; count--, block += TBlock.Bytes)
        {
            TBlock.Unpack(block, HalfBits.ToSingle(TBlock.ScaleBits(block)), quants, scales);
            float* scale = scales;
            for (int i = 0; i < TBlock.Length; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(quants + i));
                low.Store((short*)words);
                high.Store((short*)words + 8);
                words += 8;
                if (!TBlock.ScalesPer32 || i % 32 != 0)
                {
                    *(float*)words++ = *scale++;
                }
            }
        }
    }
}
