using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Blocks;

/// <summary>
/// Q4_0, blocks of 32 in 18 bytes: f16 scale d, 16 bytes of 4-bit quants; x = d·(q − 8). Byte j holds element j in its low and element
/// j + 16 in its high nibble.
/// </summary>
internal readonly unsafe struct Q4_0 : IBlock
{
    private const int Length = 32;
    private const int Packed = 2;

    public static int Bytes => BlockSizeBytes.Q4_0;

    public static bool HasMinimum => false;

    public static int Bits => 4;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            ReadOnlySpan<byte> quants = source.Slice(Packed, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * ((quants[j] & 15) - 8);
                high[j] = scale * ((quants[j] >> 4) - 8);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            float scale = importance.IsEmpty
                ? BlockScale.Symmetric(source[..Length], 8, levels)
                : BlockScale.Symmetric(source[..Length], ErrorWeights.Next(ref importance, Length), 8, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            Nibbles.Pack(levels, destination.Slice(Packed, 16));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Scale(byte* block) => HalfBits.ToSingle(*(ushort*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Minimum(byte* block) => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Scales8(byte* block) => HalfBits.Gather8(block, Bytes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Minima8(byte* block) => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Quants16(byte* block, int half) => Nibbles.Of16(block + Packed, half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block) => Nibbles.Of32(block + Packed);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block) => Nibbles.Of64(block, Bytes, Packed);
}
