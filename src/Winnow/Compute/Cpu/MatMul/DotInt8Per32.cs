using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Rows of types with a scale per 32 quants times one encoded activation row. Need AVX2.</summary>
/// <remarks>
/// Eight blocks share a record: their scales are converted together, and what offsets and minima add is one multiply-add for all
/// eight. Quants stay unsigned; w = d · q + m gives d · Σ q·a + m · Σ a.
/// </remarks>
internal static unsafe class DotInt8Per32
{
    /// <summary>Q4_0: d, low nibbles of quants 0 to 15 and high ones of 16 to 31[16]; an offset of 8.</summary>
    public static void Q4_0(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* scales = stackalloc float[8];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> offsets = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                int count = Math.Min(left, 8);
                Vector256<float> d = Halves(block, 18, count);
                (d * Vector256.Load((float*)(record + Int8Per32Record.Scales))).Store(scales);
                offsets = Fma.MultiplyAdd(d, Vector256.Load((float*)(record + Int8Per32Record.Sums)), offsets);
                for (int i = 0; i < count; i++, block += 18)
                {
                    sum = Accumulate(Nibbles(block + 2), record + (32 * i), scales + i, sum);
                }
            }

            output[r] = Vector256.Sum(sum - (offsets * 8));
        }
    }

    /// <summary>Q4_1: d, m, nibbles[16].</summary>
    public static void Q4_1(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* scales = stackalloc float[8];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> offsets = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                int count = Math.Min(left, 8);
                (Halves(block, 20, count) * Vector256.Load((float*)(record + Int8Per32Record.Scales))).Store(scales);
                offsets = Fma.MultiplyAdd(Halves(block + 2, 20, count), Vector256.Load((float*)(record + Int8Per32Record.Sums)), offsets);
                for (int i = 0; i < count; i++, block += 20)
                {
                    sum = Accumulate(Nibbles(block + 4), record + (32 * i), scales + i, sum);
                }
            }

            output[r] = Vector256.Sum(sum + offsets);
        }
    }

    /// <summary>Q5_0: d, high bits[4], nibbles[16]; an offset of 16.</summary>
    public static void Q5_0(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* scales = stackalloc float[8];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> offsets = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                int count = Math.Min(left, 8);
                Vector256<float> d = Halves(block, 22, count);
                (d * Vector256.Load((float*)(record + Int8Per32Record.Scales))).Store(scales);
                offsets = Fma.MultiplyAdd(d, Vector256.Load((float*)(record + Int8Per32Record.Sums)), offsets);
                for (int i = 0; i < count; i++, block += 22)
                {
                    sum = Accumulate(Nibbles(block + 6) | FifthBits(*(uint*)(block + 2)), record + (32 * i), scales + i, sum);
                }
            }

            output[r] = Vector256.Sum(sum - (offsets * 16));
        }
    }

    /// <summary>Q5_1: d, m, high bits[4], nibbles[16].</summary>
    public static void Q5_1(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* scales = stackalloc float[8];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> offsets = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                int count = Math.Min(left, 8);
                (Halves(block, 24, count) * Vector256.Load((float*)(record + Int8Per32Record.Scales))).Store(scales);
                offsets = Fma.MultiplyAdd(Halves(block + 2, 24, count), Vector256.Load((float*)(record + Int8Per32Record.Sums)), offsets);
                for (int i = 0; i < count; i++, block += 24)
                {
                    sum = Accumulate(Nibbles(block + 8) | FifthBits(*(uint*)(block + 4)), record + (32 * i), scales + i, sum);
                }
            }

            output[r] = Vector256.Sum(sum + offsets);
        }
    }

    /// <summary>Q8_0: d, quants[32]. The sign moves from the weight to the activation: |w| ≤ 128 and |a| ≤ 127 cannot saturate.</summary>
    public static void Q8_0(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* scales = stackalloc float[8];
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> sum = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int left = inputs / 32; left > 0; left -= 8, record += stride)
            {
                int count = Math.Min(left, 8);
                (Halves(block, 34, count) * Vector256.Load((float*)(record + Int8Per32Record.Scales))).Store(scales);
                for (int i = 0; i < count; i++, block += 34)
                {
                    Vector256<sbyte> q = Vector256.Load((sbyte*)block + 2);
                    Vector256<sbyte> a = Avx2.Sign(Vector256.Load((sbyte*)record + (32 * i)), q);
                    Vector256<int> products = Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(Avx2.Abs(q), a), Vector256<short>.One);
                    sum = Fma.MultiplyAdd(Avx.ConvertToVector256Single(products), Avx.BroadcastScalarToVector256(scales + i), sum);
                }
            }

            output[r] = Vector256.Sum(sum);
        }
    }

    /// <summary>The f16 at the head of eight blocks; zeros for those past <paramref name="count"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Halves(byte* block, int blockBytes, int count)
    {
        if (count < 8)
        {
            return HalfBits.ToSingle8(FewHalves(block, blockBytes, count));
        }

        return HalfBits.ToSingle8(Vector128.Create(
            *(short*)block,
            *(short*)(block + blockBytes),
            *(short*)(block + (2 * blockBytes)),
            *(short*)(block + (3 * blockBytes)),
            *(short*)(block + (4 * blockBytes)),
            *(short*)(block + (5 * blockBytes)),
            *(short*)(block + (6 * blockBytes)),
            *(short*)(block + (7 * blockBytes))));
    }

    /// <summary>32 quants of four bits, in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Nibbles(byte* packed)
    {
        Vector256<uint> both = Avx2.BroadcastVector128ToVector256(packed).AsUInt32();
        return Avx2.ShiftRightLogicalVariable(both, Vector256.Create(0u, 0, 0, 0, 4, 4, 4, 4)).AsByte() & Vector256.Create((byte)15);
    }

    /// <summary>16 in each byte whose bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> FifthBits(uint bits)
    {
        Vector256<byte> spread = Avx2.Shuffle(
            Vector256.Create(bits).AsByte(),
            Vector256.Create(0UL, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303).AsByte());
        Vector256<byte> mask = Vector256.Create(0x8040201008040201UL).AsByte();
        return Avx2.CompareEqual(spread & mask, mask) & Vector256.Create((byte)16);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Accumulate(Vector256<byte> quants, byte* activations, float* scale, Vector256<float> sum)
    {
        Vector256<int> products = Avx2.MultiplyAddAdjacent(
            Avx2.MultiplyAddAdjacent(quants, Vector256.Load((sbyte*)activations)), Vector256<short>.One);
        return Fma.MultiplyAdd(Avx.ConvertToVector256Single(products), Avx.BroadcastScalarToVector256(scale), sum);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector128<short> FewHalves(byte* block, int blockBytes, int count)
    {
        short* halves = stackalloc short[8];
        for (int i = 0; i < 8; i++)
        {
            halves[i] = i < count ? *(short*)(block + (i * blockBytes)) : (short)0;
        }

        return Vector128.Load(halves);
    }
}
