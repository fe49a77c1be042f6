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
/// IQ3_S, blocks of 256 in 110 bytes: f16 d, the low bytes of 64 grid indices, eight bytes with the ninth bits of eight each, 32
/// bytes of signs, four of 4-bit scales per 32; x = d · (2·scale + 1) · ±magnitude.
/// </summary>
internal readonly unsafe struct IQ3_S : ISignedBlock
{
    private static readonly uint* Grid = GridTables.OfThreeBits(ThreeBitGrids.Iq3S, [1, 3, 5, 7, 9, 11, 13, 15]);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(ThreeBitGrids.Iq3S, 4, 8, 2), [1, 3, 5, 7, 9, 11, 13, 15], 32, hasParity: false));

    public static int Bytes => BlockSizeBytes.IQ3_S;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[64], stackalloc byte[8], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ErrorWeights.Variance(source[..Length], 2), ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            code.Signs.CopyTo(destination[74..]);
            for (int i = 0; i < 64; i++)
            {
                destination[2 + i] = (byte)code.Entries[i];
                destination[66 + (i / 8)] |= (byte)((code.Entries[i] >> 8) << (i % 8));
                destination[106 + (i / 16)] |= (byte)(i % 8 == 0 ? code.Scales[i / 8] << (4 * (i / 8 % 2)) : 0);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        uint* grid = Grid;
        ulong* masks = Signs.OfByte;
        byte* index = block + 2;
        byte* signs = block + 74;
        ulong* target = (ulong*)quants;
        for (int i = 0; i < 8; i++, index += 8, signs += 4, target += 4)
        {
            int ninth = block[66 + i];
            int scale = (block[106 + (i / 2)] >> (4 * (i % 2))) & 15;
            scales[i] = d * ((2 * scale) + 1);
            target[0] = Signs.Apply(Pair(grid[index[0] | ((ninth << 8) & 256)], grid[index[1] | ((ninth << 7) & 256)]), masks[signs[0]]);
            target[1] = Signs.Apply(Pair(grid[index[2] | ((ninth << 6) & 256)], grid[index[3] | ((ninth << 5) & 256)]), masks[signs[1]]);
            target[2] = Signs.Apply(Pair(grid[index[4] | ((ninth << 4) & 256)], grid[index[5] | ((ninth << 3) & 256)]), masks[signs[2]]);
            target[3] = Signs.Apply(Pair(grid[index[6] | ((ninth << 2) & 256)], grid[index[7] | ((ninth << 1) & 256)]), masks[signs[3]]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store8(*(uint*)(block + 106), HalfBits.ToSingle(ScaleBits(block)), scales);
        int* grid = (int*)Grid;
        for (int i = 0; i < 8; i++)
        {
            Vector256<int> ninth = Avx2.ShiftLeftLogicalVariable(
                Vector256.Create((int)block[66 + i]), Vector256.Create(8u, 7, 6, 5, 4, 3, 2, 1)) & Vector256.Create(256);
            Vector256<int> index = Avx2.ConvertToVector256Int32(block + 2 + (8 * i)) | ninth;
            Vector256<sbyte> magnitudes = Avx2.GatherVector256(grid, index, sizeof(int)).AsSByte();
            Signs.Apply(magnitudes, *(uint*)(block + 74 + (4 * i))).Store(quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        GridScales.Store8(*(uint*)(block + 106), HalfBits.ToSingle(ScaleBits(block)), scales);
        uint* grid = Grid;

        // Sixteen ninth bits, each to the second byte of its index.
        Vector512<byte> ninths = Vector512.Create(
            0x0000_0100_0000_0000u, 0x0000_0300_0000_0200, 0x0000_0500_0000_0400, 0x0000_0700_0000_0600,
            0x0000_0900_0000_0800, 0x0000_0B00_0000_0A00, 0x0000_0D00_0000_0C00, 0x0000_0F00_0000_0E00).AsByte();
        for (int i = 0; i < 4; i++)
        {
            Vector512<int> high = Avx512Vbmi.MultiShift(ninths, Vector512.Create(*(ulong*)(block + 66 + (2 * i)))).AsInt32();
            Vector512<int> index = Avx512F.ConvertToVector512Int32(Vector128.Load(block + 2 + (16 * i))) | (high & Vector512.Create(256));
            Signs.Apply(FourMagnitudes.Look(grid, index), (ulong*)(block + 74 + (8 * i))).Store(quants + (64 * i));
        }
    }

    /// <summary>Two entries of four magnitudes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pair(uint first, uint second) => first | ((ulong)second << 32);
}
