using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Q4_K, blocks of 256 in 144 bytes: f16 d, f16 dmin, 12 bytes of <see cref="PackedScales"/>, 128 bytes of 4-bit quants;
/// x = d·scale·q − dmin·minimum, with a scale and a minimum per 32. Each 64 elements have 32 bytes: the first 32 elements in the
/// low, the others in the high nibbles.
/// </summary>
internal static class Q4KBlocks
{
    private const int Length = 256;
    private const int Bytes = 144;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source);
            float dmin = (float)BinaryPrimitives.ReadHalfLittleEndian(source[2..]);
            ReadOnlySpan<byte> packed = source.Slice(4, PackedScales.Bytes);
            for (int group = 0; group < 8; group++)
            {
                float scale = d * PackedScales.Scale(packed, group);
                float minimum = dmin * PackedScales.Minimum(packed, group);
                int shift = group % 2 * 4;
                ReadOnlySpan<byte> quants = source.Slice(16 + group / 2 * 32, 32);
                Span<float> values = destination.Slice(group * 32, 32);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((quants[j] >> shift) & 15) - minimum;
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ScaleMinSearch.Encode(source[..Length], top: 15, firstStep: -1f, steps: 21, destination[..16], levels);
            for (int pair = 0; pair < 4; pair++)
            {
                ReadOnlySpan<byte> low = levels.Slice(pair * 64, 32);
                ReadOnlySpan<byte> high = levels.Slice(pair * 64 + 32, 32);
                Span<byte> quants = destination.Slice(16 + pair * 32, 32);
                for (int j = 0; j < quants.Length; j++)
                {
                    quants[j] = (byte)(low[j] | (high[j] << 4));
                }
            }
        }
    }
}
