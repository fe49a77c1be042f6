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
    public static void Unpack256(byte* block, float d, sbyte* quants, float* scales)
    {
        Vector256<uint> scale = Avx2.ShiftRightLogicalVariable(
            Vector256.Create(*(uint*)(block + 106)), Vector256.Create(0u, 4, 8, 12, 16, 20, 24, 28)) & Vector256.Create(15u);
        (Vector256.ConvertToSingle((scale + scale).AsInt32() + Vector256<int>.One) * Vector256.Create(d)).Store(scales);
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

    /// <summary>Two entries of four magnitudes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pair(uint first, uint second) => first | ((ulong)second << 32);
}
