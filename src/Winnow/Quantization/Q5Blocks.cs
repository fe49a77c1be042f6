using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Blocks of 32 with 5-bit quants: the low four bits packed like Q4_0's, the fifth bit of element j as bit j of a 32-bit word.
/// Q5_0 (22 bytes): f16 scale d, word, quants; x = d·(q − 16). Q5_1 (24 bytes): f16 d, f16 minimum m, word, quants; x = d·q + m.
/// </summary>
internal static class Q5Blocks
{
    private const int Length = 32;
    private const int Q5_0Bytes = 22;
    private const int Q5_1Bytes = 24;

    public static void DecodeQ5_0(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Q5_0Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(source[2..]);
            ReadOnlySpan<byte> quants = source.Slice(6, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * (Low(quants[j], fifth, j) - 16);
                high[j] = scale * (High(quants[j], fifth, j) - 16);
            }
        }
    }

    public static void DecodeQ5_1(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Q5_1Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            uint fifth = BinaryPrimitives.ReadUInt32LittleEndian(source[4..]);
            ReadOnlySpan<byte> quants = source.Slice(8, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * Low(quants[j], fifth, j) + minimum;
                high[j] = scale * High(quants[j], fifth, j) + minimum;
            }
        }
    }

    public static void EncodeQ5_0(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Q5_0Bytes..])
        {
            float scale = BlockScale.Symmetric(source[..Length], 16, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[2..], FifthBits(levels));
            Q4Blocks.Pack(levels, destination.Slice(6, 16));
        }
    }

    public static void EncodeQ5_1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Q5_1Bytes..])
        {
            (float scale, float minimum) = BlockScale.Affine(source[..Length], 31, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            BinaryPrimitives.WriteHalfLittleEndian(destination[2..], (Half)minimum);
            BinaryPrimitives.WriteUInt32LittleEndian(destination[4..], FifthBits(levels));
            Q4Blocks.Pack(levels, destination.Slice(8, 16));
        }
    }

    private static int Low(byte quants, uint fifth, int j) => (quants & 15) | (int)(((fifth >> j) & 1) << 4);

    private static int High(byte quants, uint fifth, int j) => (quants >> 4) | (int)(((fifth >> (j + 16)) & 1) << 4);

    private static uint FifthBits(ReadOnlySpan<byte> levels)
    {
        uint bits = 0;
        for (int j = 0; j < levels.Length; j++)
        {
            bits |= (uint)(levels[j] >> 4) << j;
        }

        return bits;
    }
}
