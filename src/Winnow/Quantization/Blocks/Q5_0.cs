using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.Blocks;

/// <summary>
/// Q5_0, blocks of 32 in 22 bytes: f16 scale d, the fifth bit of element j as bit j of a 32-bit word, the low four bits of the quants as
/// in <see cref="Q4_0"/>; x = d·(q − 16).
/// </summary>
internal readonly unsafe struct Q5_0 : IBlock
{
    private const int Length = 32;
    private const int Fifth = 2;
    private const int Packed = 6;

    public static int Bytes => BlockSizeBytes.Q5_0;

    public static bool HasMinimum => false;

    public static int Bits => 5;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(source[Fifth..]);
            ReadOnlySpan<byte> quants = source.Slice(Packed, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * (FifthBits.Low(quants[j], fifth, j) - 16);
                high[j] = scale * (FifthBits.High(quants[j], fifth, j) - 16);
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            float scale = importance.IsEmpty
                ? BlockScale.Symmetric(source[..Length], 16, levels)
                : BlockScale.Symmetric(source[..Length], ErrorWeights.Next(ref importance, Length), 16, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[Fifth..], FifthBits.Pack(levels));
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
    public static Vector128<byte> Quants16(byte* block, int half) =>
        Nibbles.Of16(block + Packed, half) | FifthBits.Of16(*(uint*)(block + Fifth) >> (16 * half));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Quants32(byte* block) => Nibbles.Of32(block + Packed) | FifthBits.Of32(*(uint*)(block + Fifth));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<byte> Quants64(byte* block) =>
        Nibbles.Of64(block, Bytes, Packed) | FifthBits.Of64(*(uint*)(block + Fifth), *(uint*)(block + Bytes + Fifth));
}
