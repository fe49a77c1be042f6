using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>The K-quants as <see cref="ISuperBlock"/>. Need AVX2.</summary>
internal static unsafe class SuperBlocks
{
    /// <summary>Scales and minima of four bits[16], two-bit quants[64], d, dmin.</summary>
    public readonly struct Q2_K : ISuperBlockPer16
    {
        public static int Bytes => 84;

        public static bool ScalesPer32 => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants32(byte* block, int part) => TwoBits32(block + 16, part);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block, int part) => TwoBits64(block + 16, part);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Factors(byte* block) =>
            Avx2.ConvertToVector256Int16(Vector128.Load(block) & Vector128.Create((byte)15));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record) =>
            Avx2.MultiplyAddAdjacent(Minima(block), Vector256.Load((short*)(record + Int8Per256Record.Sums16)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Minima(byte* block) =>
            Avx2.ConvertToVector256Int16(Sse2.ShiftRightLogical(Vector128.Load((ushort*)block), 4).AsByte() & Vector128.Create((byte)15));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multipliers(byte* block) => TwoHalves(block + 80);
    }

    /// <summary>Third bits[32], lower two bits[64], six-bit scales[12], d; an offset of 4.</summary>
    public readonly struct Q3_K : ISuperBlockPer16
    {
        public static int Bytes => 110;

        public static bool ScalesPer32 => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants32(byte* block, int part) =>
            TwoBits32(block + 32, part) | (Move32(Vector256.Load(block), 2 - part) & Vector256.Create((byte)4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block, int part) =>
            TwoBits64(block + 32, part) | (Spread(block, 2 - (2 * part), 1 - (2 * part)) & Vector512.Create((byte)4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Factors(byte* block) =>
            Avx2.ConvertToVector256Int16(SixBitScales(block + 96)) - Vector256.Create((short)32);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record) =>
            Avx2.MultiplyAddAdjacent(factors, Vector256.Load((short*)(record + Int8Per256Record.Sums16)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multipliers(byte* block) =>
            Vector128.Create(HalfBits.ToSingle(*(ushort*)(block + 108))) * Vector128.Create(1f, 4, 0, 0);
    }

    /// <summary>d, dmin, six-bit scales and minima[12], four-bit quants[128].</summary>
    public readonly struct Q4_K : ISuperBlock
    {
        public static int Bytes => 144;

        public static bool ScalesPer32 => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants32(byte* block, int part) => FourBits32(block + 16, part);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16(ScalesThenMinima(block + 4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record) => SecondHalfOffsets(factors, record);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multipliers(byte* block) => TwoHalves(block);
    }

    /// <summary>d, dmin, six-bit scales and minima[12], fifth bits[32], lower four bits[128].</summary>
    public readonly struct Q5_K : ISuperBlock
    {
        public static int Bytes => 176;

        public static bool ScalesPer32 => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants32(byte* block, int part) =>
            FourBits32(block + 48, part) | (Move32(Vector256.Load(block + 16), 4 - part) & Vector256.Create((byte)16));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16(ScalesThenMinima(block + 4));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record) => SecondHalfOffsets(factors, record);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multipliers(byte* block) => TwoHalves(block);
    }

    /// <summary>Lower four bits[128], upper two bits[64], eight-bit scales[16], d; an offset of 32.</summary>
    public readonly struct Q6_K : ISuperBlockPer16
    {
        public static int Bytes => 210;

        public static bool ScalesPer32 => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<byte> Quants32(byte* block, int part)
        {
            Vector256<byte> low = Vector256.Load(block + (64 * (part / 4)) + (32 * (part % 2)));
            Vector256<byte> high = Vector256.Load(block + 128 + (32 * (part / 4)));
            return (Move32(low, part % 4 < 2 ? 0 : -4) & Vector256.Create((byte)15))
                | (Move32(high, 4 - (2 * (part % 4))) & Vector256.Create((byte)0x30));
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector512<byte> Quants64(byte* block, int part) =>
            ((Vector512.Load((ushort*)(block + (64 * (part / 2)))) >> (4 * (part % 2))).AsByte() & Vector512.Create((byte)15))
                | (Spread(block + 128 + (32 * (part / 2)), 4 - (4 * (part % 2)), 2 - (4 * (part % 2))) & Vector512.Create((byte)0x30));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<short> Factors(byte* block) => Avx2.ConvertToVector256Int16((sbyte*)block + 192);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Offsets(byte* block, Vector256<short> factors, byte* record) =>
            Avx2.MultiplyAddAdjacent(factors, Vector256.Load((short*)(record + Int8Per256Record.Sums16)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector128<float> Multipliers(byte* block) =>
            Vector128.Create(HalfBits.ToSingle(*(ushort*)(block + 208))) * Vector128.Create(1f, 32, 0, 0);
    }

    /// <summary>Each 32 bytes hold 128 quants: bits 0 and 1 the first 32 of them, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> TwoBits32(byte* quants, int part) =>
        Move32(Vector256.Load(quants + (32 * (part / 4))), -2 * (part % 4)) & Vector256.Create((byte)3);

    /// <summary>Each 32 bytes hold 64 quants: the first 32 of them in the low nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> FourBits32(byte* quants, int part) =>
        Move32(Vector256.Load(quants + (32 * (part / 2))), -4 * (part % 2)) & Vector256.Create((byte)15);

    /// <summary>As <see cref="TwoBits32"/>, of two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> TwoBits64(byte* quants, int part) =>
        Spread(quants + (32 * (part / 2)), -4 * (part % 2), (-4 * (part % 2)) - 2) & Vector512.Create((byte)3);

    /// <summary>The same 32 bytes twice, their bits moved to the left (or the right where negative) by another number in each half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Spread(byte* bytes, int leftOfFirst, int leftOfSecond)
    {
        // Not by a broadcasting load: .NET 10.0 encodes its displacement for 16 bytes where the processor counts in 32.
        Vector256<uint> part = Vector256.Load((uint*)bytes);
        uint first = (uint)leftOfFirst & 31;
        uint second = (uint)leftOfSecond & 31;
        return Avx512F.RotateLeftVariable(
            Vector512.Create(part, part),
            Vector512.Create(first, first, first, first, first, first, first, first, second, second, second, second, second, second, second, second)).AsByte();
    }

    /// <summary>Moves bits to the left, or to the right where negative; bits that come from a neighbour are masked away afterwards.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Move32(Vector256<byte> bytes, int left) => left switch
    {
        0 => bytes,
        > 0 => (bytes.AsUInt16() << left).AsByte(),
        _ => (bytes.AsUInt16() >> -left).AsByte(),
    };

    /// <summary>The sixteen packed scales of Q3_K, still with their offset of 32. Runs on every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> SixBitScales(byte* packed)
    {
        ulong low = *(ulong*)packed;
        uint high = *(uint*)(packed + 8);
        const uint Two = 0x03030303;
        ulong first = (low & 0x0F0F0F0F_0F0F0F0F) | (((high & Two) | ((ulong)((high >> 2) & Two) << 32)) << 4);
        ulong second = ((low >> 4) & 0x0F0F0F0F_0F0F0F0F) | ((((high >> 4) & Two) | ((ulong)((high >> 6) & Two) << 32)) << 4);
        return Vector128.Create(first, second).AsSByte();
    }

    /// <summary>The eight packed scales, then the eight minima, of Q4_K and Q5_K. Runs on every processor.</summary>
    /// <remarks>They are taken apart in general registers while the vector units do other things.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> ScalesThenMinima(byte* packed)
    {
        // Bytes 0 to 3 hold scales 0 to 3, bytes 4 to 7 minima 0 to 3, both with two bits of the factor four further on top; bytes 8 to
        // 11 the lower four bits of scales and minima 4 to 7.
        ulong first = *(ulong*)packed;
        ulong last = *(uint*)(packed + 8);
        ulong low = first & 0x3F3F3F3F_3F3F3F3F;
        ulong high = ((last | (last << 28)) & 0x0F0F0F0F_0F0F0F0F) | ((first >> 2) & 0x30303030_30303030);
        return Vector128.Shuffle(Vector128.Create(low, high).AsInt32(), Vector128.Create(0, 2, 1, 3)).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> SecondHalfOffsets(Vector256<short> factors, byte* record) =>
        Avx2.MultiplyAddAdjacent(factors, Vector256.Load((short*)(record + Int8Per256Record.Sums32Behind)));

    /// <summary>Two neighbouring f16 in the lowest elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> TwoHalves(byte* halves) => HalfBits.ToSingle4(Vector128.CreateScalarUnsafe(*(int*)halves).AsInt16());
}
