using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
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

    private static readonly ushort* PackedGrid = GridTables.Packed(TwoBitGrids.Iq2Xs);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(TwoBitGrids.Iq2Xs, 8, 3, 2), [1, 3.125f, 5.375f], 16, hasParity: true));

    /// <summary>The lower bytes of 32 words.</summary>
    private static Vector512<byte> EvenBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector256.Create(0x0E0C0A0806040200ul, 0x1E1C1A1816141210, 0x2E2C2A2826242220, 0x3E3C3A3836343230).AsByte().ToVector512Unsafe();
    }

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
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store16(*(ulong*)(block + 66), HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        Vector256<ushort> low = Vector256.Load((ushort*)(block + 2)) >> 9;
        Vector256<ushort> high = Vector256.Load((ushort*)(block + 34)) >> 9;
        Vector256<ulong> packed = Avx2.PackUnsignedSaturate(low.AsInt16(), high.AsInt16()).AsUInt64();
        Vector256<byte> signs = Signs.WithParity(Avx2.Permute4x64(packed, 0b11_01_10_00).AsByte());
        ulong* grid = Grid;
        for (int i = 0; i < 8; i += 2)
        {
            Vector256<int> index = Avx2.ConvertToVector256Int32((ushort*)(block + 2) + (4 * i)) & Vector256.Create(511);
            EightMagnitudes.Store(grid, index, (uint*)&signs + i, quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store16In512(*(ulong*)(block + 66), HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        Vector512<ushort> words = Vector512.Load((ushort*)(block + 2));
        Vector512<ushort> index = words & Vector512.Create((ushort)511);
        Vector256<byte> signs = Signs.WithParity(Avx512Vbmi.PermuteVar64x8((words >> 9).AsByte(), EvenBytes).GetLower());
        ushort* grid = PackedGrid;
        Vector512<sbyte> values = TwoBitCodes.Values;
        for (int i = 0; i < 4; i++)
        {
            Vector256<int> eight = Avx2.ConvertToVector256Int32((ushort*)&index + (8 * i));
            TwoBitCodes.Look(grid, eight, (ulong*)&signs + i, values).Store(quants + (64 * i));
        }
    }
}
