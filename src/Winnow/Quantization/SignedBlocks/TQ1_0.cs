using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// TQ1_0, blocks of 256 in 54 bytes: five ternary digits a byte in 48 bytes, four in the next four, f16 d; x = d · (digit − 1).
/// Byte by byte, the first 32 hold weights 32 apart, the next 16 weights 16 apart, the last four weights four apart. A digit is
/// what times 3 carries out of the byte times a power of 3.
/// </summary>
internal readonly unsafe struct TQ1_0 : ISignedBlock
{
    public static int Bytes => BlockSizeBytes.TQ1_0;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = Ternary.Scale(source[..Length], out float inverse);
            BinaryPrimitives.WriteHalfLittleEndian(destination[52..], d);
            for (int i = 0; i < 52; i++)
            {
                (int first, int stride, int digits) = i switch
                {
                    < 32 => (i, 32, 5),
                    < 48 => (160 + i - 32, 16, 5),
                    _ => (240 + i - 48, 4, 4),
                };
                int number = 0;
                for (int j = 0; j < 5; j++)
                {
                    number = (3 * number) + (j < digits ? Ternary.Digit(source[first + (stride * j)], inverse) : 0);
                }

                // Of 3^5 numbers, as a fraction of 256, rounded up.
                destination[i] = (byte)(((number * 256) + 242) / 243);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)(block + 52);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        new Span<float>(scales, 8).Fill(d);
        Unpack16(block, quants, 32, 5);
        Unpack16(block + 16, quants + 16, 32, 5);
        Unpack16(block + 32, quants + 160, 16, 5);

        // The last four bytes four times, each copy with its own power of 3.
        Vector128<byte> last = Vector128.Create(*(uint*)(block + 48)).AsByte();
        last *= Vector128.Create((byte)1, 1, 1, 1, 3, 3, 3, 3, 9, 9, 9, 9, 27, 27, 27, 27);
        Digits(last).Store(quants + 240);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<TQ1_0>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);

    /// <summary>The digits of 16 bytes; one digit's quants follow those of the one before after <paramref name="stride"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Unpack16(byte* packed, sbyte* quants, int stride, int digits)
    {
        Vector128<byte> bytes = Vector128.Load(packed);
        for (int i = 0; i < digits; i++, quants += stride)
        {
            Digits(bytes).Store(quants);
            bytes = bytes + bytes + bytes;
        }
    }

    /// <summary>(3 · byte) >> 8, less 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Digits(Vector128<byte> bytes)
    {
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(bytes);
        return Vector128.Narrow((low * 3) >> 8, (high * 3) >> 8).AsSByte() - Vector128<sbyte>.One;
    }
}
