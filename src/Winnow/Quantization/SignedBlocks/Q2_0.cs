using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// Q2_0, blocks of 64 in 18 bytes: f16 d, four 2-bit quants a byte, the lowest first; x = d · (q − 1).
/// </summary>
internal readonly unsafe struct Q2_0 : ISignedBlock
{
    public static int Bytes => BlockSizeBytes.Q2_0;

    public static int Length => 64;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = Ternary.Scale(source[..Length], out float inverse);
            BinaryPrimitives.WriteHalfLittleEndian(destination, d);
            destination[2..Bytes].Clear();
            for (int i = 0; i < Length; i++)
            {
                destination[2 + (i / 4)] |= (byte)(Ternary.Digit(source[i], inverse) << (2 * (i % 4)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        scales[0] = d;
        scales[1] = d;
        for (int i = 0; i < 16; i += 4, quants += 16)
        {
            // Each byte four times, and each copy moved so that its own quant is lowest.
            uint four = *(uint*)(block + 2 + i);
            Vector128<uint> bytes = Vector128.Create(four & 255, (four >> 8) & 255, (four >> 16) & 255, four >> 24);
            Vector128<uint> spread = bytes | (bytes << 6) | (bytes << 12) | (bytes << 18);
            ((spread & Vector128.Create(0x03030303u)).AsSByte() - Vector128<sbyte>.One).Store(quants);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<Q2_0>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);
}
