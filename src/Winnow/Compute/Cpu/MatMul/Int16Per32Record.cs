using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>The integers of <see cref="Int8Per32Record"/>, widened: products with weights of eight bits then need no care for overflow.</summary>
internal static unsafe class Int16Per32Record
{
    public const int Length = 256;
    public const int Bytes = 576;

    /// <summary>f32[8]: what the integers of each 32 are multiplied with.</summary>
    public const int Scales = 512;

    /// <summary>Encodes a row into records <paramref name="stride"/> bytes apart. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Encode(float* row, int inputs, byte* target, long stride)
    {
        for (int first = 0; first < inputs; first += Length, target += stride)
        {
            int count = Math.Min(Length, inputs - first);
            for (int i = 0; i < count; i += 32)
            {
                ((float*)(target + Scales))[i / 32] = Int8Per32Record.Quantize(row + first + i, out Vector256<sbyte> quants);
                Avx2.ConvertToVector256Int16(quants.GetLower()).Store((short*)target + i);
                Avx2.ConvertToVector256Int16(quants.GetUpper()).Store((short*)target + i + 16);
            }

            if (count < Length)
            {
                new Span<short>((short*)target + count, Length - count).Clear();
                new Span<float>((float*)(target + Scales) + (count / 32), 8 - (count / 32)).Clear();
            }
        }
    }
}
