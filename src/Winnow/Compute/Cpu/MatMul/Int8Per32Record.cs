using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>256 activations as int8 with a scale for each 32, and the sums that offsets and minima need.</summary>
internal static unsafe class Int8Per32Record
{
    public const int Length = 256;
    public const int Bytes = 384;

    /// <summary>f32[8]: what the integers of each 32 are multiplied with.</summary>
    public const int Scales = 256;

    /// <summary>f32[8]: scale · sum of the integers of each 32.</summary>
    public const int Sums = 288;

    /// <summary>int16[8][2]: for each 32, −16 · their sum over indices 0 and 1 mod 4, then over 2 and 3 mod 4.</summary>
    /// <remarks>What a tile's lanes start from; see <see cref="Int8Per256Record.LaneOffsets"/>. At most 16 · 16 · 127 = 32,512.</remarks>
    public const int LaneOffsets = 320;

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            int count = Math.Min(Length, inputs - first);
            for (int i = 0; i < count; i += 32)
            {
                EncodeBlock(row + first + i, target, i);
            }

            if (count < Length)
            {
                new Span<byte>(target + count, Length - count).Clear();
                int done = count / 32;
                new Span<float>((float*)(target + Scales) + done, 8 - done).Clear();
                new Span<float>((float*)(target + Sums) + done, 8 - done).Clear();
                new Span<int>((int*)(target + LaneOffsets) + done, 8 - done).Clear();
            }
        }
    }

    /// <summary>Quantizes 32 activations and returns their scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Quantize(float* source, out Vector256<sbyte> quants)
    {
        Vector256<float> max = Avx.Max(
            Avx.Max(Vector256.Abs(Vector256.Load(source)), Vector256.Abs(Vector256.Load(source + 8))),
            Avx.Max(Vector256.Abs(Vector256.Load(source + 16)), Vector256.Abs(Vector256.Load(source + 24))));
        float largest = Int8Quants.Max(max);
        quants = Int8Quants.Quantize32(source, Vector256.Create(Int8Quants.Inverse(largest)));
        return largest / 127;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EncodeBlock(float* source, byte* target, int offset)
    {
        float scale = Quantize(source, out Vector256<sbyte> quants);
        quants.Store((sbyte*)target + offset);
        Vector256<int> halves = Int8Quants.LaneSums16(quants);
        Vector128<short> lanes = (halves.GetLower().AsInt16() + halves.GetUpper().AsInt16());
        int sum = lanes.ToScalar() + lanes.GetElement(1);
        int block = offset / 32;
        ((float*)(target + Scales))[block] = scale;
        ((float*)(target + Sums))[block] = scale * sum;
        ((int*)(target + LaneOffsets))[block] = (Vector128<short>.Zero - Sse2.ShiftLeftLogical(lanes, 4)).AsInt32().ToScalar();
    }
}
