using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Winnow.Quantization;

/// <summary>
/// Q6_K, blocks of 256 in 210 bytes: 128 bytes of low nibbles, 64 bytes of upper bit pairs, 16 signed scales, f16 d;
/// x = d·scale·(q − 32), with a scale per 16. Each half of 128 elements is four runs of 32: runs 0 and 1 are the low, 2 and 3 the
/// high nibbles of 64 bytes, and run r is bit pair r of 32 bytes.
/// </summary>
internal static class Q6KBlocks
{
    private const int Length = 256;
    private const int Bytes = 210;

    public static void Decode(ReadOnlySpan<byte> source, Span<float> destination)
    {
        for (; destination.Length != 0; source = source[Bytes..], destination = destination[Length..])
        {
            float d = (float)BinaryPrimitives.ReadHalfLittleEndian(source[208..]);
            ReadOnlySpan<sbyte> scales = MemoryMarshal.Cast<byte, sbyte>(source.Slice(192, 16));
            for (int group = 0; group < 16; group++)
            {
                float scale = d * scales[group];
                int half = group / 8;
                int run = group / 2 % 4;
                int column = group % 2 * 16;
                ReadOnlySpan<byte> low = source.Slice(half * 64 + run % 2 * 32 + column, 16);
                ReadOnlySpan<byte> high = source.Slice(128 + half * 32 + column, 16);
                Span<float> values = destination.Slice(group * 16, 16);
                for (int j = 0; j < values.Length; j++)
                {
                    int quant = ((low[j] >> (run / 2 * 4)) & 15) | (((high[j] >> (run * 2)) & 3) << 4);
                    values[j] = scale * (quant - 32);
                }
            }
        }
    }

    public static void Encode(ReadOnlySpan<float> source, Span<byte> destination)
    {
        Span<byte> levels = stackalloc byte[Length];
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            Half d = ScaleSearch.Encode(source[..Length], MemoryMarshal.Cast<byte, sbyte>(destination.Slice(192, 16)), levels);
            BinaryPrimitives.WriteHalfLittleEndian(destination[208..], d);
            for (int half = 0; half < 2; half++)
            {
                ReadOnlySpan<byte> run = levels.Slice(half * 128, 128);
                Span<byte> low = destination.Slice(half * 64, 64);
                Span<byte> high = destination.Slice(128 + half * 32, 32);
                for (int j = 0; j < 32; j++)
                {
                    low[j] = (byte)((run[j] & 15) | (run[j + 64] << 4));
                    low[j + 32] = (byte)((run[j + 32] & 15) | (run[j + 96] << 4));
                    high[j] = (byte)((run[j] >> 4) | (run[j + 32] >> 4 << 2) | (run[j + 64] >> 4 << 4) | (run[j + 96] >> 4 << 6));
                }
            }
        }
    }
}
