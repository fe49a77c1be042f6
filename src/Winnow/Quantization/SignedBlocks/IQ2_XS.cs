using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Grids;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// IQ2_XS, blocks of 256 in 74 bytes: f16 d, 32 words of a nine-bit grid index below seven signs (the eighth is their parity),
/// eight bytes of 4-bit scales per 16; x = d/8 · (2·scale + 1) · ±magnitude.
/// </summary>
internal readonly unsafe struct IQ2_XS : ISignedBlock
{
    private static readonly ulong* Grid = GridTables.OfTwoBits(TwoBitGrids.Iq2Xs);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(TwoBitGrids.Iq2Xs, 8, 3, 2), [1, 3.125f, 5.375f], 16, hasParity: true));

    public static int Bytes => BlockSizeBytes.IQ2_XS;

    public static int Length => 256;

    public static bool ScalesPer32 => false;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[32], stackalloc byte[16], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ErrorWeights.Variance(source[..Length], 1), ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            for (int i = 0; i < 32; i++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(destination[(2 + (2 * i))..], (ushort)(code.Entries[i] | (code.Signs[i] << 9)));
                destination[66 + (i / 4)] |= (byte)(i % 2 == 0 ? code.Scales[i / 2] << (4 * (i / 2 % 2)) : 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        ulong* grid = Grid;
        ulong* signs = Signs.OfSevenBits;
        float eighth = d * 0.125f;
        ushort* words = (ushort*)(block + 2);
        ulong* target = (ulong*)quants;
        for (int i = 0; i < 16; i++, words += 2, target += 2)
        {
            int scale = (block[66 + (i / 2)] >> (4 * (i % 2))) & 15;
            scales[i] = eighth * ((2 * scale) + 1);
            target[0] = Signs.Apply(grid[words[0] & 511], signs[words[0] >> 9]);
            target[1] = Signs.Apply(grid[words[1] & 511], signs[words[1] >> 9]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, float d, sbyte* quants, float* scales) => Unpack(block, d, quants, scales);
}
