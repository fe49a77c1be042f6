using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Q5_K, blocks of 256 in 176 bytes: like Q4_K, with 32 bytes between scales and quants for the fifth bits: bit g of byte j
/// belongs to element j of the g-th 32.
/// </summary>
internal static class Q5KBlocks
{
    private const int Length = 256;
    private const int Bytes = 176;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> packed = source.Slice(4, PackedScales.Bytes);
            ReadOnlySpan<byte> fifth = source.Slice(16, 32);
            for (int group = 0; group < 8; group++)
            {
                float scale = d * PackedScales.Scale(packed, group);
                float minimum = dmin * PackedScales.Minimum(packed, group);
                int shift = group % 2 * 4;
                ReadOnlySpan<byte> quants = source.Slice(48 + group / 2 * 32, 32);
                Span<float> values = destination.Slice(group * 32, 32);
                for (int j = 0; j < values.Length; j++)
                {
                    int quant = ((quants[j] >> shift) & 15) | (((fifth[j] >> group) & 1) << 4);
                    values[j] = scale * quant - minimum;
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ScaleMinSearch.Encode(source[..Length], top: 31, firstStep: -0.5f, steps: 16, destination[..16], levels);
            Span<byte> fifth = destination.Slice(16, 32);
            fifth.Clear();
            for (int pair = 0; pair < 4; pair++)
            {
                ReadOnlySpan<byte> low = levels.Slice(pair * 64, 32);
                ReadOnlySpan<byte> high = levels.Slice(pair * 64 + 32, 32);
                Span<byte> quants = destination.Slice(48 + pair * 32, 32);
                for (int j = 0; j < quants.Length; j++)
                {
                    quants[j] = (byte)((low[j] & 15) | (high[j] << 4));
                    fifth[j] |= (byte)(((low[j] >> 4) | (high[j] >> 4 << 1)) << (2 * pair));
                }
            }
        }
    }
}
