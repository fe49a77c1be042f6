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
/// IQ3_XXS, blocks of 256 in 98 bytes: f16 d, 64 grid indices, then for each 32 a word of four times seven signs (the eighth is
/// their parity) below four bits of scale; x = d/4 · (2·scale + 1) · ±magnitude.
/// </summary>
internal readonly unsafe struct IQ3_XXS : ISignedBlock
{
    private static readonly uint* Grid = GridTables.OfThreeBits(ThreeBitGrids.Iq3Xxs, [4, 12, 20, 28, 36, 44, 52, 62]);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(ThreeBitGrids.Iq3Xxs, 4, 8, 2), [1, 3, 5, 7, 9, 11, 13, 15.5f], 32, hasParity: true));

    public static int Bytes => BlockSizeBytes.IQ3_XXS;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[64], stackalloc byte[8], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ErrorWeights.Variance(source[..Length], 4), ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            for (int i = 0; i < 8; i++)
            {
                uint word = (uint)code.Scales[i] << 28;
                for (int j = 0; j < 4; j++)
                {
                    destination[2 + (8 * i) + (2 * j)] = (byte)code.Entries[(8 * i) + (2 * j)];
                    destination[3 + (8 * i) + (2 * j)] = (byte)code.Entries[(8 * i) + (2 * j) + 1];
                    word |= (uint)(code.Signs[(4 * i) + j] & 127) << (7 * j);
                }

                BinaryPrimitives.WriteUInt32LittleEndian(destination[(66 + (4 * i))..], word);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        uint* grid = Grid;
        ulong* signs = Signs.OfSevenBits;
        float quarter = d * 0.25f;
        byte* index = block + 2;
        ulong* target = (ulong*)quants;
        for (int i = 0; i < 8; i++, index += 8, target += 4)
        {
            uint word = *(uint*)(block + 66 + (4 * i));
            scales[i] = quarter * (int)((2 * (word >> 28)) + 1);
            target[0] = Signs.Apply(Pair(grid[index[0]], grid[index[1]]), signs[word & 127]);
            target[1] = Signs.Apply(Pair(grid[index[2]], grid[index[3]]), signs[(word >> 7) & 127]);
            target[2] = Signs.Apply(Pair(grid[index[4]], grid[index[5]]), signs[(word >> 14) & 127]);
            target[3] = Signs.Apply(Pair(grid[index[6]], grid[index[7]]), signs[(word >> 21) & 127]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        Vector256<uint> words = Vector256.Load((uint*)(block + 66));
        GridScales.Store8(words, HalfBits.ToSingle(ScaleBits(block)) * 0.25f, scales);
        Vector256<byte> signs = Signs.OfWords(words);
        int* grid = (int*)Grid;
        for (int i = 0; i < 8; i++)
        {
            Vector256<int> index = Avx2.ConvertToVector256Int32(block + 2 + (8 * i));
            Vector256<sbyte> magnitudes = Avx2.GatherVector256(grid, index, sizeof(int)).AsSByte();
            Signs.Apply(magnitudes, ((uint*)&signs)[i]).Store(quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        Vector256<uint> words = Vector256.Load((uint*)(block + 66));
        GridScales.Store8(words, HalfBits.ToSingle(ScaleBits(block)) * 0.25f, scales);
        Vector256<byte> signs = Signs.OfWords(words);
        uint* grid = Grid;
        for (int i = 0; i < 4; i++)
        {
            Vector512<int> index = Avx512F.ConvertToVector512Int32(Vector128.Load(block + 2 + (16 * i)));
            Signs.Apply(FourMagnitudes.Look(grid, index), (ulong*)&signs + i).Store(quants + (64 * i));
        }
    }

    /// <summary>Two entries of four magnitudes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pair(uint first, uint second) => first | ((ulong)second << 32);
}
