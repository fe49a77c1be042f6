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
/// IQ2_S, blocks of 256 in 82 bytes: f16 d, the low bytes of 32 grid indices, 32 bytes of signs, eight bytes with the upper two
/// bits of four indices each, eight of 4-bit scales per 16; x = d/8 · (2·scale + 1) · ±magnitude.
/// </summary>
internal readonly unsafe struct IQ2_S : ISignedBlock
{
    private static readonly ulong* Grid = GridTables.OfTwoBits(TwoBitGrids.Iq2S);

    private static readonly ushort* PackedGrid = GridTables.Packed(TwoBitGrids.Iq2S);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(TwoBitGrids.Iq2S, 8, 3, 1), [1, 3.125f, 5.375f], 16, hasParity: false));

    public static int Bytes => BlockSizeBytes.IQ2_S;

    public static int Length => 256;

    public static bool ScalesPer32 => false;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[32], stackalloc byte[16], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ErrorWeights.Variance(source[..Length], 2), ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            for (int i = 0; i < 32; i++)
            {
                destination[2 + i] = (byte)code.Entries[i];
                destination[34 + i] = code.Signs[i];
                destination[66 + (i / 4)] |= (byte)((code.Entries[i] >> 8) << (2 * (i % 4)));
                destination[74 + (i / 4)] |= (byte)(i % 2 == 0 ? code.Scales[i / 2] << (4 * (i / 2 % 2)) : 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        ulong* grid = Grid;
        ulong* masks = Signs.OfByte;
        float eighth = d * 0.125f;
        byte* index = block + 2;
        byte* signs = block + 34;
        ulong* target = (ulong*)quants;
        for (int i = 0; i < 8; i++, index += 4, signs += 4, target += 4)
        {
            int high = block[66 + i];
            int scale = block[74 + i];
            scales[2 * i] = eighth * ((2 * (scale & 15)) + 1);
            scales[(2 * i) + 1] = eighth * ((2 * (scale >> 4)) + 1);
            target[0] = Signs.Apply(grid[index[0] | ((high << 8) & 0x300)], masks[signs[0]]);
            target[1] = Signs.Apply(grid[index[1] | ((high << 6) & 0x300)], masks[signs[1]]);
            target[2] = Signs.Apply(grid[index[2] | ((high << 4) & 0x300)], masks[signs[2]]);
            target[3] = Signs.Apply(grid[index[3] | ((high << 2) & 0x300)], masks[signs[3]]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store16(*(ulong*)(block + 74), HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        ulong* grid = Grid;
        for (int i = 0; i < 8; i += 2)
        {
            Vector256<int> upper = Avx2.ShiftLeftLogicalVariable(
                Vector256.Create((int)*(ushort*)(block + 66 + i)), Vector256.Create(8u, 6, 4, 2, 0, 0, 0, 0));
            upper = Avx2.ShiftRightLogicalVariable(upper, Vector256.Create(0u, 0, 0, 0, 0, 2, 4, 6)) & Vector256.Create(0x300);
            Vector256<int> index = Avx2.ConvertToVector256Int32(block + 2 + (4 * i)) | upper;
            EightMagnitudes.Store(grid, index, (uint*)(block + 34) + i, quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store16In512(*(ulong*)(block + 74), HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        ushort* grid = PackedGrid;
        Vector512<sbyte> values = TwoBitCodes.Values;

        // Eight pairs of upper bits, each to the second byte of its index.
        Vector256<byte> uppers = Vector256.Create(
            0x0000_0200_0000_0000ul, 0x0000_0600_0000_0400, 0x0000_0A00_0000_0800, 0x0000_0E00_0000_0C00).AsByte();
        for (int i = 0; i < 4; i++)
        {
            Vector256<int> high = Avx512Vbmi.VL.MultiShift(uppers, Vector256.Create(*(ulong*)(block + 66 + (2 * i)))).AsInt32();
            Vector256<int> index = Avx2.ConvertToVector256Int32(block + 2 + (8 * i)) | (high & Vector256.Create(0x300));
            TwoBitCodes.Look(grid, index, (ulong*)(block + 34 + (8 * i)), values).Store(quants + (64 * i));
        }
    }
}
