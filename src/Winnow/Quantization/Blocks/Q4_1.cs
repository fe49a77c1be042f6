using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Blocks;

/// <summary>
/// Q4_1, blocks of 32 in 20 bytes: f16 scale d, f16 minimum m, 4-bit quants as in <see cref="Q4_0"/>; x = d·q + m.
/// </summary>
internal readonly unsafe struct Q4_1 : IBlock
{
    private const int Length = 32;
    private const int Packed = 4;

    public static int Bytes => BlockSizeBytes.Q4_1;

    public static bool HasMinimum => true;

    public static int Bits => 4;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> quants = source.Slice(Packed, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * (quants[j] & 15) + minimum;
                high[j] = scale * (quants[j] >> 4) + minimum;
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            (float scale, float minimum) = importance.IsEmpty
                ? BlockScale.Affine(source[..Length], 15, levels)
                : BlockScale.Affine(source[..Length], ErrorWeights.Next(ref importance, Length), 15, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            BinaryPrimitives.WriteHalfLittleEndian(destination[2..], (Half)minimum);
            Nibbles.Pack(levels, destination.Slice(Packed, 16));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => HalfBits.ToSingle(*(ushort*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => HalfBits.ToSingle(*(ushort*)(block + 2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales8(byte* block) => HalfBits.Gather8(block, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minima8(byte* block) => HalfBits.Gather8(block + 2, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Quants16(byte* block, int half) => Nibbles.Of16(block + Packed, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block) => Nibbles.Of32(block + Packed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block) => Nibbles.Of64(block, Bytes, Packed);
}
