using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Winnow.Quantization.Grids;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// Q1_0, blocks of 128 in 18 bytes: f16 d, a bit for each weight, the lowest first; x = d where it is set, −d where it is not.
/// </summary>
internal readonly unsafe struct Q1_0 : ISignedBlock
{
    public static int Bytes => BlockSizeBytes.Q1_0;

    public static int Length => 128;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            float sum = 0;
            for (int i = 0; i < Length; i++)
            {
                sum += MathF.Abs(source[i]);
            }

            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)(sum / Length));
            destination[2..Bytes].Clear();
            for (int i = 0; i < Length; i++)
            {
                destination[2 + (i / 8)] |= (byte)((source[i] >= 0 ? 1 : 0) << (i % 8));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        new Span<float>(scales, 4).Fill(d);
        ulong* masks = Signs.OfByte;
        for (int i = 0; i < 16; i++)
        {
            ((ulong*)quants)[i] = ~masks[block[2 + i]] | 0x0101010101010101;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<Q1_0>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);
}
