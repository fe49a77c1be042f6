using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul.Records;

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

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            EncodeBlock(row + first, target);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EncodeBlock(float* source, byte* target)
    {
        float max = Int8Quants.Max(source, Length);
        *(float*)(target + Scale) = max / 127;
        Vector128<float> inverse = Vector128.Create(Int8Quants.Inverse(max));
        Vector128<short>.Zero.Store((short*)(target + Sums32Behind));
        for (int i = 0; i < 16; i += 2)
        {
            int even = EncodePart(source, target, i, inverse);
            ((short*)(target + Sums32))[i / 2] = (short)(even + EncodePart(source, target, i + 1, inverse));
        }
    }

    /// <summary>Quantizes 16 activations and returns their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EncodePart(float* source, byte* target, int part, Vector128<float> inverse)
    {
        Vector128<sbyte> quants = Int8Quants.Quantize16(source + (16 * part), inverse);
        quants.Store((sbyte*)target + (16 * part));
        Vector128<short> lanes = Int8Quants.LaneSums16(quants);
        ((int*)(target + LaneOffsets))[part] = (lanes * (short)-32).AsInt32().ToScalar();
        int sum = lanes[0] + lanes[1];
        ((short*)(target + Sums16))[part] = (short)sum;
        return sum;
    }
}
