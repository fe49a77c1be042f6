using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>256 activations as int16 with a scale for each 32, for weights of eight bits: as many instructions as int8, and as good as exact.</summary>
/// <remarks>
/// Rounding activations to eight bits would cost as much accuracy as rounding the weights did. Sums cannot overflow:
/// 32 products of at most 128 · 32,767 make 2^27.
/// </remarks>
internal static unsafe class Int16Per32Record
{
    public const int Length = 256;
    public const int Bytes = 576;

    /// <summary>f32[8]: what the integers of each 32 are multiplied with.</summary>
    public const int Scales = 512;

    private const float Largest = short.MaxValue;

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            int count = Math.Min(Length, inputs - first);
            for (int i = 0; i < count; i += 32)
            {
                ((float*)(target + Scales))[i / 32] = EncodeBlock(row + first + i, (short*)target + i);
            }

            if (count < Length)
            {
                new Span<short>((short*)target + count, Length - count).Clear();
                new Span<float>((float*)(target + Scales) + (count / 32), 8 - (count / 32)).Clear();
            }
        }
    }

    /// <summary>Rounds 32 activations to 32,767ths of the largest magnitude and returns their scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float EncodeBlock(float* source, short* target)
    {
        Vector256<float> a = Vector256.Load(source), b = Vector256.Load(source + 8), c = Vector256.Load(source + 16), d = Vector256.Load(source + 24);
        float largest = Int8Quants.Max(Avx.Max(Avx.Max(Vector256.Abs(a), Vector256.Abs(b)), Avx.Max(Vector256.Abs(c), Vector256.Abs(d))));
        // 0 for a block so small that the quotient would overflow, whose quants are then all zero.
        Vector256<float> inverse = Vector256.Create(largest > 1e-33f ? Largest / largest : 0);
        Pack(a * inverse, b * inverse).Store(target);
        Pack(c * inverse, d * inverse).Store(target + 16);
        return largest / Largest;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Pack(Vector256<float> low, Vector256<float> high) =>
        Avx2.Permute4x64(Avx2.PackSignedSaturate(Avx.ConvertToVector256Int32(low), Avx.ConvertToVector256Int32(high)).AsInt64(), 0b11_01_10_00).AsInt16();
}
