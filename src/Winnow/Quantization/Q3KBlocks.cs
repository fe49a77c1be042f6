using System.Buffers.Binary;

namespace Winnow.Quantization;

/// <summary>
/// Q3_K, blocks of 256 in 110 bytes: 32 bytes with the third bits, 64 bytes of low bit pairs (laid out like Q2_K's), 12 bytes
/// with 16 scales of 6 bits, f16 d; x = d·(scale − 32)·(q − 4).
/// </summary>
internal static class Q3KBlocks
{
    private const int Length = 256;
    private const int Bytes = 110;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[108..]);
            ReadOnlySpan<byte> scales = source.Slice(96, 12);
            for (int group = 0; group < 16; group++)
            {
                float scale = d * (Scale(scales, group) - 32);
                int run = group / 2;
                int shift = run % 4 * 2;
                ReadOnlySpan<byte> third = source.Slice(group % 2 * 16, 16);
                ReadOnlySpan<byte> quants = source.Slice(32 + group / 8 * 32 + group % 2 * 16, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    values[j] = scale * ((((quants[j] >> shift) & 3) | (((third[j] >> run) & 1) << 2)) - 4);
                }
            }
        }
    }

    /// <summary>Low four bits: groups 0 to 7 in the low, 8 to 15 in the high nibbles of bytes 0 to 7. High two bits: bytes 8 to 11, one pair per four groups.</summary>
    private static int Scale(ReadOnlySpan<byte> scales, int group)
    {
        int low = (scales[group % 8] >> (group / 8 * 4)) & 15;
        int high = (scales[8 + group % 4] >> (group / 4 * 2)) & 3;
        return low | (high << 4);
    }
}
