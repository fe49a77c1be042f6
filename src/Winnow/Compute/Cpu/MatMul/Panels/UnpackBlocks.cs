using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Panels;

/// <summary>Blocks of 32 quants into the words of <see cref="BlockWords.Per32"/> and <see cref="BlockWords.Wide32"/>.</summary>
internal static unsafe class UnpackBlocks
{
    /// <summary>Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In256<TBlock>(byte* block, int count, uint* words)
        where TBlock : IBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += BlockWords.Per32.Words)
        {
            Vector256<byte> quants = TBlock.Quants32(block);
            (TBlock.Bits == 4 ? quants + quants : quants).Store((byte*)words);
            StoreFactors<TBlock>(block, words);
        }
    }

    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In128<TBlock>(byte* block, int count, uint* words)
        where TBlock : IBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += BlockWords.Per32.Words)
        {
            Unpack128<TBlock>(block, words);
        }
    }

    /// <summary>One block in 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack128<TBlock>(byte* block, uint* words)
        where TBlock : IBlock
    {
        Vector128<byte> low = TBlock.Quants16(block, 0);
        Vector128<byte> high = TBlock.Quants16(block, 1);
        (TBlock.Bits == 4 ? low + low : low).Store((byte*)words);
        (TBlock.Bits == 4 ? high + high : high).Store((byte*)words + 16);
        StoreFactors<TBlock>(block, words);
    }

    /// <summary>Quants of eight bits. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WideIn256<TBlock>(byte* block, int count, uint* words)
        where TBlock : IWideBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += BlockWords.Wide32.Words)
        {
            Avx2.ConvertToVector256Int16(TBlock.Quants(block)).Store((short*)words);
            Avx2.ConvertToVector256Int16(TBlock.Quants(block) + 16).Store((short*)words + 16);
            ((float*)words)[BlockWords.Wide32.Scale] = TBlock.Scale(block);
        }
    }

    /// <summary>Quants of eight bits in 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WideIn128<TBlock>(byte* block, int count, uint* words)
        where TBlock : IWideBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += BlockWords.Wide32.Words)
        {
            for (int i = 0; i < 32; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(TBlock.Quants(block) + i));
                low.Store((short*)words + i);
                high.Store((short*)words + i + 8);
            }

            ((float*)words)[BlockWords.Wide32.Scale] = TBlock.Scale(block);
        }
    }

    /// <summary>The kernel subtracts 16 from every quant: those of four bits are doubled and their scale halved; minima are adjusted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFactors<TBlock>(byte* block, uint* words)
        where TBlock : IBlock
    {
        float scale = TBlock.Scale(block);
        float centre = 1 << (TBlock.Bits - 1);
        ((float*)words)[BlockWords.Per32.Scale] = TBlock.Bits == 4 ? scale / 2 : scale;
        ((float*)words)[BlockWords.Per32.Minimum] = TBlock.HasMinimum ? TBlock.Minimum(block) + (centre * scale) : 0;
    }
}
