using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Blocks;

/// <summary>Q8_0, blocks of 32 in 34 bytes: f16 scale d, 32 signed bytes q; x = d·q.</summary>
internal readonly unsafe struct Q8_0 : IWideBlock
{
    private const int Length = 32;

    public static int Bytes => BlockSizeBytes.Q8_0;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            ReadOnlySpan<sbyte> quants = MemoryMarshal.Cast<byte, sbyte>(source.Slice(2, Length));
            Span<float> values = destination[..Length];
            for (int j = 0; j < values.Length; j++)
            {
                values[j] = scale * quants[j];
            }
        }
    }

    /// <summary>The largest magnitude becomes ±127; the others round to the nearest, halves away from zero.</summary>
    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Vector256<float> a = Vector256.Create(source);
            Vector256<float> b = Vector256.Create(source[8..]);
            Vector256<float> c = Vector256.Create(source[16..]);
            Vector256<float> d = Vector256.Create(source[24..]);
            Vector256<float> largest = Vector256.Max(
                Vector256.Max(Vector256.Abs(a), Vector256.Abs(b)),
                Vector256.Max(Vector256.Abs(c), Vector256.Abs(d)));
            Vector128<float> half = Vector128.Max(largest.GetLower(), largest.GetUpper());
            float scale = MathF.Max(MathF.Max(half[0], half[1]), MathF.Max(half[2], half[3])) / 127;
            float inverse = BlockScale.Inverse(scale);

            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            Vector256<short> lower = Vector256.Narrow(Round(a * inverse), Round(b * inverse));
            Vector256<short> upper = Vector256.Narrow(Round(c * inverse), Round(d * inverse));
            Vector256.Narrow(lower, upper).AsByte().CopyTo(destination[2..]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => HalfBits.ToSingle(*(ushort*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales8(byte* block) => HalfBits.Gather8(block, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static sbyte* Quants(byte* block) => (sbyte*)block + 2;

    /// <summary>To the nearest integer, halves away from zero. The fraction is exact, so adding one half cannot round across it.</summary>
    private static Vector256<int> Round(Vector256<float> value)
    {
        Vector256<float> whole = Vector256.Truncate(value);
        Vector256<float> isFar = Vector256.GreaterThanOrEqual(Vector256.Abs(value - whole), Vector256.Create(0.5f));
        Vector256<float> sign = Vector256.CopySign(Vector256<float>.One, value);
        return Vector256.ConvertToInt32(whole + (isFar & sign));
    }
}
