using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Winnow.Compute.Cpu.MatMul.Records;

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

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart.</summary>
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
        float largest = Int8Quants.Max(source, 32);
        // 0 for a block so small that the quotient would overflow, whose quants are then all zero.
        Vector128<float> inverse = Vector128.Create(largest > 1e-33f ? Largest / largest : 0);
        for (int i = 0; i < 32; i += 8)
        {
            Int8Quants.Quantize8(source + i, inverse).Store(target + i);
        }

        return largest / Largest;
    }
}
