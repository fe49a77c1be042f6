using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>What the integer activation records share: round to nearest of x · 127 / max|x|.</summary>
internal static unsafe class Int8Quants
{
    /// <summary>127 / max; 0 for a block so small that the quotient would overflow, whose quants are then all zero.</summary>
    public static float Inverse(float max) => max > 1e-35f ? 127 / max : 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Max(Vector256<float> values)
    {
        Vector128<float> max = Sse.Max(values.GetLower(), values.GetUpper());
        max = Sse.Max(max, Sse.MoveHighToLow(max, max));
        return Sse.MaxScalar(max, Sse.Shuffle(max, max, 0b01)).ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<sbyte> Quantize32(float* source, Vector256<float> inverse)
    {
        Vector256<int> a = Avx.ConvertToVector256Int32(Vector256.Load(source) * inverse);
        Vector256<int> b = Avx.ConvertToVector256Int32(Vector256.Load(source + 8) * inverse);
        Vector256<int> c = Avx.ConvertToVector256Int32(Vector256.Load(source + 16) * inverse);
        Vector256<int> d = Avx.ConvertToVector256Int32(Vector256.Load(source + 24) * inverse);
        Vector256<sbyte> packed = Avx2.PackSignedSaturate(Avx2.PackSignedSaturate(a, b), Avx2.PackSignedSaturate(c, d));
        return Avx2.PermuteVar8x32(packed.AsInt32(), Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7)).AsSByte();
    }

    /// <summary>In every int of each half: the int16 sums over indices 0, 1 mod 4 and over 2, 3 mod 4 of the half's 16 quants.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> LaneSums16(Vector256<sbyte> quants)
    {
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(Vector256<byte>.One, quants);
        pairs += Avx2.Shuffle(pairs.AsInt32(), 0b01_00_11_10).AsInt16();
        return (pairs + Avx2.Shuffle(pairs.AsInt32(), 0b10_11_00_01).AsInt16()).AsInt32();
    }
}
