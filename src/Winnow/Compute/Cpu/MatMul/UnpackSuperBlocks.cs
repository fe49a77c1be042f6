using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Super-blocks of K-quants into the words of <see cref="PanelLayout.Super32"/> and <see cref="PanelLayout.Super16"/>. Need AVX2.</summary>
internal static unsafe class UnpackSuperBlocks
{
    public static void Q2_K(byte* block, int count, uint* words)
    {
        Vector256<byte> three = Vector256.Create((byte)3);
        Vector128<byte> nibble = Vector128.Create((byte)15);
        for (; count > 0; count--, block += 84, words += PanelLayout.Super16.Words)
        {
            for (int half = 0; half < 2; half++)
            {
                Vector256<ushort> q = Vector256.Load(block + 16 + (32 * half)).AsUInt16();
                byte* quants = (byte*)words + (128 * half);
                (q.AsByte() & three).Store(quants);
                (Avx2.ShiftRightLogical(q, 2).AsByte() & three).Store(quants + 32);
                (Avx2.ShiftRightLogical(q, 4).AsByte() & three).Store(quants + 64);
                (Avx2.ShiftRightLogical(q, 6).AsByte() & three).Store(quants + 96);
            }

            Vector128<byte> packed = Vector128.Load(block);
            StoreScales((packed & nibble).AsSByte(), words);
            Avx2.ConvertToVector256Int16(Sse2.ShiftRightLogical(packed.AsUInt16(), 4).AsByte() & nibble).Store((short*)(words + PanelLayout.Super16.Minima));
            StoreMultipliers(HalfBits.ToSingle(*(ushort*)(block + 80)), HalfBits.ToSingle(*(ushort*)(block + 82)), words + PanelLayout.Super16.Scale);
        }
    }

    /// <summary>Eightfold quants and an eighth of the scale turn the offset of 4 into the 32 that the kernel knows.</summary>
    public static void Q3_K(byte* block, int count, uint* words)
    {
        Vector256<byte> low = Vector256.Create((byte)0x18);
        Vector256<byte> top = Vector256.Create((byte)0x20);
        for (; count > 0; count--, block += 110, words += PanelLayout.Super16.Words)
        {
            byte* quants = (byte*)words;
            Vector256<ushort> high = Vector256.Load(block).AsUInt16();
            Vector256<ushort> q = Vector256.Load(block + 32).AsUInt16();
            ((Avx2.ShiftLeftLogical(q, 3).AsByte() & low) | (Avx2.ShiftLeftLogical(high, 5).AsByte() & top)).Store(quants);
            ((Avx2.ShiftLeftLogical(q, 1).AsByte() & low) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & top)).Store(quants + 32);
            ((Avx2.ShiftRightLogical(q, 1).AsByte() & low) | (Avx2.ShiftLeftLogical(high, 3).AsByte() & top)).Store(quants + 64);
            ((Avx2.ShiftRightLogical(q, 3).AsByte() & low) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & top)).Store(quants + 96);
            q = Vector256.Load(block + 64).AsUInt16();
            ((Avx2.ShiftLeftLogical(q, 3).AsByte() & low) | (Avx2.ShiftLeftLogical(high, 1).AsByte() & top)).Store(quants + 128);
            ((Avx2.ShiftLeftLogical(q, 1).AsByte() & low) | (high.AsByte() & top)).Store(quants + 160);
            ((Avx2.ShiftRightLogical(q, 1).AsByte() & low) | (Avx2.ShiftRightLogical(high, 1).AsByte() & top)).Store(quants + 192);
            ((Avx2.ShiftRightLogical(q, 3).AsByte() & low) | (Avx2.ShiftRightLogical(high, 2).AsByte() & top)).Store(quants + 224);
            StoreScales(KQuantScales.Signed16(block + 96), words);
            StoreMultipliers(HalfBits.ToSingle(*(ushort*)(block + 108)) / 8, 0, words + PanelLayout.Super16.Scale);
        }
    }

    public static void Q4_K(byte* block, int count, uint* words)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        for (; count > 0; count--, block += 144, words += PanelLayout.Super32.Words)
        {
            byte* quants = (byte*)words;
            for (int i = 0; i < 128; i += 32)
            {
                Vector256<byte> q = Vector256.Load(block + 16 + i);
                (q & nibble).Store(quants + (2 * i));
                (Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble).Store(quants + (2 * i) + 32);
            }

            Vector128<byte> packed = KQuantScales.ScalesAndMinima(block + 4);
            Vector256<int> scales = Avx2.ConvertToVector256Int32(packed);
            (scales | Avx2.ShiftLeftLogical(scales, 16)).Store((int*)(words + PanelLayout.Super32.Scales));
            Sse41.ConvertToVector128Int16(Sse2.ShiftRightLogical128BitLane(packed, 8)).Store((short*)(words + PanelLayout.Super32.Minima));
            StoreMultipliers(HalfBits.ToSingle(*(ushort*)block), HalfBits.ToSingle(*(ushort*)(block + 2)), words + PanelLayout.Super32.Scale);
        }
    }

    /// <summary>Five bits overflow int16 after eight quants, so the scales of 32 are given twice, to each 16.</summary>
    public static void Q5_K(byte* block, int count, uint* words)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<byte> sixteen = Vector256.Create((byte)16);
        Vector128<byte> twice = Vector128.Create((byte)0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
        for (; count > 0; count--, block += 176, words += PanelLayout.Super16.Words)
        {
            byte* quants = (byte*)words;
            Vector256<ushort> high = Vector256.Load(block + 16).AsUInt16();
            Vector256<byte> q = Vector256.Load(block + 48);
            ((q & nibble) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & sixteen)).Store(quants);
            ((Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftLeftLogical(high, 3).AsByte() & sixteen)).Store(quants + 32);
            q = Vector256.Load(block + 80);
            ((q & nibble) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & sixteen)).Store(quants + 64);
            ((Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftLeftLogical(high, 1).AsByte() & sixteen)).Store(quants + 96);
            q = Vector256.Load(block + 112);
            ((q & nibble) | (high.AsByte() & sixteen)).Store(quants + 128);
            ((Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 1).AsByte() & sixteen)).Store(quants + 160);
            q = Vector256.Load(block + 144);
            ((q & nibble) | (Avx2.ShiftRightLogical(high, 2).AsByte() & sixteen)).Store(quants + 192);
            ((Avx2.ShiftRightLogical(q.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 3).AsByte() & sixteen)).Store(quants + 224);

            Vector128<byte> packed = KQuantScales.ScalesAndMinima(block + 4);
            StoreScales(Ssse3.Shuffle(packed, twice).AsSByte(), words);
            Avx2.ConvertToVector256Int16(Ssse3.Shuffle(Sse2.ShiftRightLogical128BitLane(packed, 8), twice))
                .Store((short*)(words + PanelLayout.Super16.Minima));
            StoreMultipliers(HalfBits.ToSingle(*(ushort*)block), HalfBits.ToSingle(*(ushort*)(block + 2)), words + PanelLayout.Super16.Scale);
        }
    }

    public static void Q6_K(byte* block, int count, uint* words)
    {
        Vector256<byte> nibble = Vector256.Create((byte)15);
        Vector256<byte> top = Vector256.Create((byte)0x30);
        for (; count > 0; count--, block += 210, words += PanelLayout.Super16.Words)
        {
            for (int half = 0; half < 2; half++)
            {
                byte* quants = (byte*)words + (128 * half);
                Vector256<byte> low0 = Vector256.Load(block + (64 * half));
                Vector256<byte> low1 = Vector256.Load(block + (64 * half) + 32);
                Vector256<ushort> high = Vector256.Load(block + 128 + (32 * half)).AsUInt16();
                ((low0 & nibble) | (Avx2.ShiftLeftLogical(high, 4).AsByte() & top)).Store(quants);
                ((low1 & nibble) | (Avx2.ShiftLeftLogical(high, 2).AsByte() & top)).Store(quants + 32);
                ((Avx2.ShiftRightLogical(low0.AsUInt16(), 4).AsByte() & nibble) | (high.AsByte() & top)).Store(quants + 64);
                ((Avx2.ShiftRightLogical(low1.AsUInt16(), 4).AsByte() & nibble) | (Avx2.ShiftRightLogical(high, 2).AsByte() & top)).Store(quants + 96);
            }

            StoreScales(Vector128.Load((sbyte*)block + 192), words);
            StoreMultipliers(HalfBits.ToSingle(*(ushort*)(block + 208)), 0, words + PanelLayout.Super16.Scale);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreScales(Vector128<sbyte> scales, uint* words)
    {
        Vector256<short> wide = Avx2.ConvertToVector256Int16(scales);
        Vector256<short> low = Avx2.UnpackLow(wide, wide);
        Vector256<short> high = Avx2.UnpackHigh(wide, wide);
        Avx2.Permute2x128(low, high, 0x20).Store((short*)(words + PanelLayout.Super16.Scales));
        Avx2.Permute2x128(low, high, 0x31).Store((short*)(words + PanelLayout.Super16.Scales + 8));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreMultipliers(float scale, float minimumScale, uint* words)
    {
        ((float*)words)[0] = scale;
        ((float*)words)[1] = minimumScale;
    }
}
