using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul.Records;

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

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart.</summary>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EncodeBlock(float* source, byte* target, int offset)
    {
        float largest = Int8Quants.Max(source, 32);
        Vector128<float> inverse = Vector128.Create(Int8Quants.Inverse(largest));
        Vector128<sbyte> first = Int8Quants.Quantize16(source, inverse);
        Vector128<sbyte> second = Int8Quants.Quantize16(source + 16, inverse);
        first.Store((sbyte*)target + offset);
        second.Store((sbyte*)target + offset + 16);
        Vector128<short> lanes = Int8Quants.LaneSums16(first) + Int8Quants.LaneSums16(second);
        float scale = largest / 127;
        int block = offset / 32;
        ((float*)(target + Scales))[block] = scale;
        ((float*)(target + Sums))[block] = scale * (lanes[0] + lanes[1]);
        ((int*)(target + LaneOffsets))[block] = (lanes * (short)-16).AsInt32().ToScalar();
    }
}
