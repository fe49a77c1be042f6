using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul.Records;

/// <summary>What the integer activation records share: round to nearest of x · range / max|x|, ties to even.</summary>
/// <remarks>In 128 bits on every processor: a row is encoded once and multiplied with thousands.</remarks>
internal static unsafe class Int8Quants
{
    /// <summary>127 / max; 0 for a block so small that the quotient would overflow, whose quants are then all zero.</summary>
    public static float Inverse(float max) => max > 1e-35f ? 127 / max : 0;

    /// <summary>The largest magnitude.</summary>
    /// <param name="source">The values.</param>
    /// <param name="count">How many: a multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(float* source, int count)
    {
        Vector128<float> max0 = Vector128<float>.Zero, max1 = max0, max2 = max0, max3 = max0;
        for (float* end = source + count; source < end; source += 16)
        {
            max0 = Vector128.MaxNative(max0, Vector128.Abs(Vector128.Load(source)));
            max1 = Vector128.MaxNative(max1, Vector128.Abs(Vector128.Load(source + 4)));
            max2 = Vector128.MaxNative(max2, Vector128.Abs(Vector128.Load(source + 8)));
            max3 = Vector128.MaxNative(max3, Vector128.Abs(Vector128.Load(source + 12)));
        }

        Vector128<float> max = Vector128.MaxNative(Vector128.MaxNative(max0, max1), Vector128.MaxNative(max2, max3));
        return MathF.Max(MathF.Max(max[0], max[1]), MathF.Max(max[2], max[3]));
    }

    /// <summary>Eight quants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Quantize8(float* source, Vector128<float> inverse) => Vector128.NarrowWithSaturation(
        Vector128.ConvertToInt32Native(Vector128.Round(Vector128.Load(source) * inverse)),
        Vector128.ConvertToInt32Native(Vector128.Round(Vector128.Load(source + 4) * inverse)));

    /// <summary>Sixteen quants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Quantize16(float* source, Vector128<float> inverse) =>
        Vector128.NarrowWithSaturation(Quantize8(source, inverse), Quantize8(source + 8, inverse));

    /// <summary>Two int16: the sums over indices 0, 1 mod 4 and over 2, 3 mod 4 of 16 quants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> LaneSums16(Vector128<sbyte> quants)
    {
        Vector128<short> pairs = ((quants.AsInt16() << 8) >> 8) + (quants.AsInt16() >> 8);
        pairs += Vector128.Shuffle(pairs.AsInt32(), Vector128.Create(2, 3, 0, 1)).AsInt16();
        return pairs + Vector128.Shuffle(pairs.AsInt32(), Vector128.Create(1, 0, 3, 2)).AsInt16();
    }
}
