using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Super-blocks of K-quants into the words of <see cref="PanelLayout.Super32"/> and <see cref="PanelLayout.Super16"/>. All but the first need AVX2.</summary>
internal static unsafe class UnpackSuperBlocks
{
    /// <summary>In 128 bits, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void In128<TBlock>(byte* block, int count, uint* words)
        where TBlock : ISuperBlock128
    {
        for (; count > 0; count--, block += TBlock.Bytes, words += TBlock.Words)
        {
            TBlock.Unpack(block, words);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q2_K(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += SuperBlocks.Q2_K.Bytes, words += PanelLayout.Super16.Words)
        {
            StoreQuants<SuperBlocks.Q2_K>(block, words, 0);
            StoreScales(SuperBlocks.Q2_K.Factors(block), words);
            SuperBlocks.Q2_K.Minima(block).Store((short*)(words + PanelLayout.Super16.Minima));
            StoreMultipliers(SuperBlocks.Q2_K.Multipliers(block), words + PanelLayout.Super16.Scale);
        }
    }

    /// <summary>Eightfold quants and an eighth of the scale turn the offset of 4 into the 32 that the kernel knows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q3_K(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += SuperBlocks.Q3_K.Bytes, words += PanelLayout.Super16.Words)
        {
            StoreQuants<SuperBlocks.Q3_K>(block, words, 3);
            StoreScales(SuperBlocks.Q3_K.Factors(block), words);
            StoreMultipliers(SuperBlocks.Q3_K.Multipliers(block) * 0.125f, words + PanelLayout.Super16.Scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q4_K(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += SuperBlocks.Q4_K.Bytes, words += PanelLayout.Super32.Words)
        {
            StoreQuants<SuperBlocks.Q4_K>(block, words, 0);
            Vector256<short> factors = SuperBlocks.Q4_K.Factors(block);
            Sse2.UnpackLow(factors.GetLower(), factors.GetLower()).Store((short*)(words + PanelLayout.Super32.Scales));
            Sse2.UnpackHigh(factors.GetLower(), factors.GetLower()).Store((short*)(words + PanelLayout.Super32.Scales + 4));
            factors.GetUpper().Store((short*)(words + PanelLayout.Super32.Minima));
            StoreMultipliers(SuperBlocks.Q4_K.Multipliers(block), words + PanelLayout.Super32.Scale);
        }
    }

    /// <summary>Five bits overflow int16 after eight quants, so the scales and minima of 32 are given twice, to each 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q5_K(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += SuperBlocks.Q5_K.Bytes, words += PanelLayout.Super16.Words)
        {
            StoreQuants<SuperBlocks.Q5_K>(block, words, 0);
            Vector256<short> factors = SuperBlocks.Q5_K.Factors(block);
            Vector128<short> scales = factors.GetLower();
            Vector128<short> minima = factors.GetUpper();
            StoreScales(Vector256.Create(Sse2.UnpackLow(scales, scales), Sse2.UnpackHigh(scales, scales)), words);
            Vector256.Create(Sse2.UnpackLow(minima, minima), Sse2.UnpackHigh(minima, minima)).Store((short*)(words + PanelLayout.Super16.Minima));
            StoreMultipliers(SuperBlocks.Q5_K.Multipliers(block), words + PanelLayout.Super16.Scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Q6_K(byte* block, int count, uint* words)
    {
        for (; count > 0; count--, block += SuperBlocks.Q6_K.Bytes, words += PanelLayout.Super16.Words)
        {
            StoreQuants<SuperBlocks.Q6_K>(block, words, 0);
            StoreScales(SuperBlocks.Q6_K.Factors(block), words);
            StoreMultipliers(SuperBlocks.Q6_K.Multipliers(block), words + PanelLayout.Super16.Scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreQuants<TBlock>(byte* block, uint* words, int shift)
        where TBlock : ISuperBlock
    {
        byte* quants = (byte*)words;
        Store(TBlock.Quants32(block, 0), quants, shift);
        Store(TBlock.Quants32(block, 1), quants + 32, shift);
        Store(TBlock.Quants32(block, 2), quants + 64, shift);
        Store(TBlock.Quants32(block, 3), quants + 96, shift);
        Store(TBlock.Quants32(block, 4), quants + 128, shift);
        Store(TBlock.Quants32(block, 5), quants + 160, shift);
        Store(TBlock.Quants32(block, 6), quants + 192, shift);
        Store(TBlock.Quants32(block, 7), quants + 224, shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<byte> quants, byte* target, int shift) =>
        (shift == 0 ? quants : (quants.AsUInt16() << shift).AsByte()).Store(target);

    /// <summary>Each of the sixteen scales twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScales(Vector256<short> scales, uint* words)
    {
        Vector256<short> low = Avx2.UnpackLow(scales, scales);
        Vector256<short> high = Avx2.UnpackHigh(scales, scales);
        Avx2.Permute2x128(low, high, 0x20).Store((short*)(words + PanelLayout.Super16.Scales));
        Avx2.Permute2x128(low, high, 0x31).Store((short*)(words + PanelLayout.Super16.Scales + 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMultipliers(Vector128<float> multipliers, uint* words) => multipliers.GetLower().Store((float*)words);
}
