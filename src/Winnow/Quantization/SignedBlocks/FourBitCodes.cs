using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Blocks;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>What the sixteen codes of four bits mean, and their look-up sixteen or 32 at a time.</summary>
internal static unsafe class FourBitCodes
{
    /// <summary>IQ4_NL and IQ4_XS: levels that lie closer together in the middle.</summary>
    public static ReadOnlySpan<sbyte> NonLinear => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    /// <summary>MXFP4 and NVFP4: twice the floats of two exponent bits and one mantissa bit (E2M1).</summary>
    public static ReadOnlySpan<sbyte> DoubledE2M1 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

    /// <summary>The largest magnitude.</summary>
    public static float Largest(ReadOnlySpan<float> x)
    {
        float largest = 0;
        foreach (float value in x)
        {
            largest = MathF.Max(largest, MathF.Abs(value));
        }

        return largest;
    }

    /// <summary>The nearest <see cref="DoubledE2M1"/> of each value, of equals the smaller magnitude.</summary>
    public static void EncodeE2M1(ReadOnlySpan<float> x, float scale, Span<byte> codes)
    {
        for (int i = 0; i < x.Length; i++)
        {
            int code = 0;
            float magnitude = MathF.Abs(x[i]);
            for (int next = 1; next < 8; next++)
            {
                code += 2 * magnitude > scale * (DoubledE2M1[next - 1] + DoubledE2M1[next]) ? 1 : 0;
            }

            codes[i] = (byte)(code > 0 && x[i] < 0 ? code + 8 : code);
        }
    }

    /// <summary>Sixteen packed bytes: the low nibbles are the first sixteen quants, the high ones the last. On every processor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack32(byte* packed, Vector128<sbyte> table, sbyte* quants)
    {
        Vector128<byte> codes = Vector128.Load(packed);
        Vector128.ShuffleNative(table, (codes & Vector128.Create((byte)15)).AsSByte()).Store(quants);
        Vector128.ShuffleNative(table, (codes >> 4).AsSByte()).Store(quants + 16);
    }

    /// <summary>The same. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack32(byte* packed, Vector256<sbyte> table, sbyte* quants) =>
        Avx2.Shuffle(table, Nibbles.Of32(packed).AsSByte()).Store(quants);

    /// <summary>Twice sixteen packed bytes; the table four times. Needs AVX-512 with VBMI, whose look-ups ignore all but the lowest bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack64(byte* first, byte* second, Vector512<sbyte> table, sbyte* quants)
    {
        // A selection: unlike an insertion, two ports can do it.
        Vector512<uint> both = Vector512.ConditionalSelect(
            Vector512.Create(0ul, 0, 0, 0, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue).AsUInt32(),
            Avx512F.BroadcastVector128ToVector512((uint*)second),
            Avx512F.BroadcastVector128ToVector512((uint*)first));
        Vector512<uint> codes = Avx512F.ShiftRightLogicalVariable(both, Vector512.Create(0u, 0, 0, 0, 4, 4, 4, 4, 0, 0, 0, 0, 4, 4, 4, 4));
        Avx512Vbmi.PermuteVar64x8(table, codes.AsSByte()).Store(quants);
    }

    /// <summary>256 weights in blocks of 32 that lie so many bytes apart. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* packed, int stride, Vector256<sbyte> table, sbyte* quants)
    {
        Unpack32(packed, table, quants);
        Unpack32(packed + stride, table, quants + 32);
        Unpack32(packed + (2 * stride), table, quants + 64);
        Unpack32(packed + (3 * stride), table, quants + 96);
        Unpack32(packed + (4 * stride), table, quants + 128);
        Unpack32(packed + (5 * stride), table, quants + 160);
        Unpack32(packed + (6 * stride), table, quants + 192);
        Unpack32(packed + (7 * stride), table, quants + 224);
    }

    /// <summary>The same. Needs AVX-512 with VBMI.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* packed, int stride, Vector512<sbyte> table, sbyte* quants)
    {
        Unpack64(packed, packed + stride, table, quants);
        Unpack64(packed + (2 * stride), packed + (3 * stride), table, quants + 64);
        Unpack64(packed + (4 * stride), packed + (5 * stride), table, quants + 128);
        Unpack64(packed + (6 * stride), packed + (7 * stride), table, quants + 192);
    }

    /// <summary>A table four times.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<sbyte> Table512(ReadOnlySpan<sbyte> table)
    {
        Vector128<sbyte> once = Vector128.Create(table);
        Vector256<sbyte> twice = Vector256.Create(once, once);
        return Vector512.Create(twice, twice);
    }
}
