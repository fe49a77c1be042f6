using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Q2_K, blocks of 256 in 84 bytes: 16 bytes of 4-bit scales (low) and minima (high) per 16 elements, 64 bytes of 2-bit quants,
/// f16 d, f16 dmin; x = d·scale·q − dmin·minimum. Each half of 128 elements has 32 bytes, whose bit pairs are four runs of 32.
/// </summary>
internal static class Q2KBlocks
{
    private const int Length = 256;
    private const int Bytes = 84;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[80..]);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[82..]);
            for (int group = 0; group < 16; group++)
            {
                float scale = d * (source[group] & 15);
                float minimum = dmin * (source[group] >> 4);
                int shift = group / 2 % 4 * 2;
                ReadOnlySpan<byte> quants = source.Slice(16 + group / 8 * 32 + group % 2 * 16, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((quants[j] >> shift) & 3) - minimum;
                }
            }
        }
    }
}
