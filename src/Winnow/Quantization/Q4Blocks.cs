using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Blocks of 32 with 4-bit quants: byte j of 16 holds element j in its low and element j + 16 in its high nibble.
/// Q4_0 (18 bytes): f16 scale d, quants; x = d·(q − 8). Q4_1 (20 bytes): f16 scale d, f16 minimum m, quants; x = d·q + m.
/// </summary>
internal static class Q4Blocks
{
    private const int Length = 32;
    private const int Q4_0Bytes = 18;
    private const int Q4_1Bytes = 20;

    public static void DecodeQ4_0(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Q4_0Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            ReadOnlySpan<byte> quants = source.Slice(2, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * ((quants[j] & 15) - 8);
                high[j] = scale * ((quants[j] >> 4) - 8);
            }
        }
    }

    public static void DecodeQ4_1(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Q4_1Bytes..], destination = destination[Length..])
        {
            float scale = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float minimum = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> quants = source.Slice(4, 16);
            Span<float> low = destination[..16];
            Span<float> high = destination.Slice(16, 16);
            for (int j = 0; j < 16; j++)
            {
                low[j] = scale * (quants[j] & 15) + minimum;
                high[j] = scale * (quants[j] >> 4) + minimum;
            }
        }
    }

    public static void EncodeQ4_0(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Q4_0Bytes..])
        {
            float scale = BlockScale.Symmetric(source[..Length], 8, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            Pack(levels, destination.Slice(2, 16));
        }
    }

    public static void EncodeQ4_1(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Q4_1Bytes..])
        {
            (float scale, float minimum) = BlockScale.Affine(source[..Length], 15, levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination, (Half)scale);
            BinaryPrimitives.WriteHalfLittleEndian(destination[2..], (Half)minimum);
            Pack(levels, destination.Slice(4, 16));
        }
    }

    /// <summary>Writes the low four bits of 32 levels as 16 bytes; shared with the 5-bit types, which keep the fifth bits apart.</summary>
    public static void Pack(ReadOnlySpan<byte> levels, Span<byte> quants)
    {
        for (int j = 0; j < 16; j++)
        {
            quants[j] = (byte)((levels[j] & 15) | (levels[j + 16] << 4));
        }
    }
}
