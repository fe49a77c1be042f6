using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>Writes the parts of K-quants that have the same form in <see cref="BlockWords"/>.</summary>
internal static unsafe class SuperBlockWords
{
    /// <summary>All quants, their bits moved to the left. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreQuants<TBlock>(byte* block, uint* words, int shift)
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

    /// <summary>Each of the sixteen scales twice. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreScales(Vector256<short> scales, uint* words)
    {
        Vector256<short> low = Avx2.UnpackLow(scales, scales);
        Vector256<short> high = Avx2.UnpackHigh(scales, scales);
        Avx2.Permute2x128(low, high, 0x20).Store((short*)(words + BlockWords.Super16.Scales));
        Avx2.Permute2x128(low, high, 0x31).Store((short*)(words + BlockWords.Super16.Scales + 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMultipliers(Vector128<float> multipliers, uint* words) => multipliers.GetLower().Store((float*)words);

    /// <summary>Each of the sixteen scales twice, on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreScales128(Vector128<sbyte> scales, uint* words)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(scales);
        uint* target = words + BlockWords.Super16.Scales;
        Twice(Vector128.WidenLower(low)).Store(target);
        Twice(Vector128.WidenUpper(low)).Store(target + 4);
        Twice(Vector128.WidenLower(high)).Store(target + 8);
        Twice(Vector128.WidenUpper(high)).Store(target + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMinima128(Vector128<sbyte> minima, uint* words)
    {
        (Vector128<short> low, Vector128<short> high) = Vector128.Widen(minima);
        low.Store((short*)(words + BlockWords.Super16.Minima));
        high.Store((short*)(words + BlockWords.Super16.Minima) + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Twice(Vector128<int> values) => ((values & Vector128.Create(0xFFFF)) | (values << 16)).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreMultipliers128(ushort* halves, uint* words)
    {
        ((float*)words)[0] = HalfBits.ToSingle(halves[0]);
        ((float*)words)[1] = HalfBits.ToSingle(halves[1]);
    }
}
