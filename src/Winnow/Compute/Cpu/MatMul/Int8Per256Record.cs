using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>256 activations as int8 with one scale, and the sums that K-quants need for their minima and offsets.</summary>
internal static unsafe class Int8Per256Record
{
    public const int Length = 256;
    public const int Bytes = 448;

    /// <summary>int16[16][2]: for each 16 activations, −32 · their sum over indices 0 and 1 mod 4, then over 2 and 3 mod 4.</summary>
    /// <remarks>
    /// What a tile's int16 lanes start from when the weight's quants carry an offset of 32: one lane sees two of four inputs. The
    /// lanes then hold at most 8 · 32 · 127 = 32,512, so they cannot overflow in the end, and may wrap on the way.
    /// </remarks>
    public const int LaneOffsets = 256;

    /// <summary>int16[16]: the sums of 16 activations each.</summary>
    public const int Sums16 = 320;

    /// <summary>int16[16]: eight zeros, then <see cref="Sums32"/>; what pairs with eight scales and eight minima.</summary>
    public const int Sums32Behind = 352;

    /// <summary>int16[8]: the sums of 32 activations each.</summary>
    public const int Sums32 = 368;

    /// <summary>f32: what the integers are multiplied with.</summary>
    public const int Scale = 384;

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            EncodeBlock(row + first, target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void EncodeBlock(float* source, byte* target)
    {
        Vector256<float> max0 = Vector256<float>.Zero;
        Vector256<float> max1 = Vector256<float>.Zero;
        for (int i = 0; i < Length; i += 16)
        {
            max0 = Avx.Max(max0, Vector256.Abs(Vector256.Load(source + i)));
            max1 = Avx.Max(max1, Vector256.Abs(Vector256.Load(source + i + 8)));
        }

        float max = Int8Quants.Max(Avx.Max(max0, max1));
        *(float*)(target + Scale) = max / 127;
        Vector256<float> inverse = Vector256.Create(Int8Quants.Inverse(max));
        for (int i = 0; i < Length; i += 32)
        {
            Vector256<sbyte> quants = Int8Quants.Quantize32(source + i, inverse);
            quants.Store((sbyte*)target + i);
            Vector256<int> lanes = Int8Quants.LaneSums16(quants);
            ((int*)(target + LaneOffsets))[i / 16] = lanes.ToScalar();
            ((int*)(target + LaneOffsets))[(i / 16) + 1] = lanes.GetUpper().ToScalar();
        }

        // [16 pairs of lanes] → [16 sums] and [8 sums]; then the offset that the lanes are for.
        Vector256<short> ones = Vector256<short>.One;
        Vector256<short> lanes0 = Vector256.Load((short*)(target + LaneOffsets));
        Vector256<short> lanes1 = Vector256.Load((short*)(target + LaneOffsets + 32));
        Vector256<short> sums16 = Avx2.Permute4x64(
            Avx2.PackSignedSaturate(Avx2.MultiplyAddAdjacent(lanes0, ones), Avx2.MultiplyAddAdjacent(lanes1, ones)).AsInt64(), 0b11_01_10_00).AsInt16();
        sums16.Store((short*)(target + Sums16));
        Vector256<int> sums32 = Avx2.MultiplyAddAdjacent(sums16, ones);
        Vector128<short>.Zero.Store((short*)(target + Sums32Behind));
        Sse2.PackSignedSaturate(sums32.GetLower(), sums32.GetUpper()).Store((short*)(target + Sums32));
        (Vector256<short>.Zero - Avx2.ShiftLeftLogical(lanes0, 5)).Store((short*)(target + LaneOffsets));
        (Vector256<short>.Zero - Avx2.ShiftLeftLogical(lanes1, 5)).Store((short*)(target + LaneOffsets + 32));
    }
}
