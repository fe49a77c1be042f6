using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>The bit fields that K-quants share. Need AVX2, those of 64 quants AVX-512, unless they say otherwise.</summary>
internal static unsafe class SuperBlockBits
{
    /// <summary>Each 32 bytes hold 128 quants: bits 0 and 1 the first 32 of them, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> TwoBits32(byte* quants, int part) =>
        Move32(Vector256.Load(quants + (32 * (part / 4))), -2 * (part % 4)) & Vector256.Create((byte)3);

    /// <summary>Writes the low two bits of 256 levels as <see cref="TwoBits32"/> reads them. Runs on every processor.</summary>
    public static void PackTwoBits(ReadOnlySpan<byte> levels, Span<byte> quants)
    {
        for (int i = 0; i < quants.Length; i++)
        {
            ReadOnlySpan<byte> run = levels[((i / 32 * 128) + (i % 32))..];
            quants[i] = (byte)((run[0] & 3) | ((run[32] & 3) << 2) | ((run[64] & 3) << 4) | ((run[96] & 3) << 6));
        }
    }

    /// <summary>Each 32 bytes hold 64 quants: the first 32 of them in the low nibbles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> FourBits32(byte* quants, int part) =>
        Move32(Vector256.Load(quants + (32 * (part / 2))), -4 * (part % 2)) & Vector256.Create((byte)15);

    /// <summary>As <see cref="TwoBits32"/>, of two parts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> TwoBits64(byte* quants, int part) =>
        Spread(quants + (32 * (part / 2)), -4 * (part % 2), (-4 * (part % 2)) - 2) & Vector512.Create((byte)3);

    /// <summary>The same 32 bytes twice, their bits moved to the left (or the right where negative) by another number in each half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Spread(byte* bytes, int leftOfFirst, int leftOfSecond)
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
    public static Vector256<byte> Move32(Vector256<byte> bytes, int left) => left switch
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

    /// <summary>Two neighbouring f16 in the lowest elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> TwoHalves(byte* halves)
    {
        int both = *(int*)halves;
        Vector128<short> bits = Vector128.CreateScalarUnsafe(both).AsInt16();
        return (both & 0x7C00) != 0 && (both & 0x7C00_0000) != 0 ? HalfBits.ToSingle4(bits) : HalfBits.Scales4(bits);
    }
}
