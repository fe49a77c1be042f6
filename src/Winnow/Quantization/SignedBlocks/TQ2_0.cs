using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// TQ2_0, blocks of 256 in 66 bytes: 2-bit quants laid out as in Q2_K, f16 d; x = d · (q − 1). For weights that were trained to be
/// −1, 0 or 1.
/// </summary>
internal readonly unsafe struct TQ2_0 : ISignedBlock
{
    public static int Bytes => BlockSizeBytes.TQ2_0;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = Ternary.Scale(source[..Length], out float inverse);
            BinaryPrimitives.WriteHalfLittleEndian(destination[64..], d);
            for (int i = 0; i < 64; i++)
            {
                ReadOnlySpan<float> run = source[((i / 32 * 128) + (i % 32))..];
                destination[i] = (byte)(Ternary.Digit(run[0], inverse) | (Ternary.Digit(run[32], inverse) << 2)
                    | (Ternary.Digit(run[64], inverse) << 4) | (Ternary.Digit(run[96], inverse) << 6));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)(block + 64);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        new Span<float>(scales, 8).Fill(d);
        for (int half = 0; half < 2; half++, block += 32, quants += 128)
        {
            for (int i = 0; i < 32; i += 16)
            {
                Vector128<byte> bits = Vector128.Load(block + i);
                Store(bits, quants + i);
                Store(bits >> 2, quants + 32 + i);
                Store(bits >> 4, quants + 64 + i);
                Store(bits >> 6, quants + 96 + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<TQ2_0>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<byte> bits, sbyte* quants) =>
        ((bits & Vector128.Create((byte)3)).AsSByte() - Vector128<sbyte>.One).Store(quants);
}
