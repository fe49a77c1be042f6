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
/// IQ2_XXS, blocks of 256 in 66 bytes: f16 d, then for each 32 four grid indices, and a word of four times seven signs (the eighth
/// is their parity) below four bits of scale; x = d/8 · (2·scale + 1) · ±magnitude.
/// </summary>
internal readonly unsafe struct IQ2_XXS : ISignedBlock
{
    private static readonly ulong* Grid = GridTables.OfTwoBits(TwoBitGrids.Iq2Xxs);

    private static readonly ushort* PackedGrid = GridTables.Packed(TwoBitGrids.Iq2Xxs);

    private static readonly Lazy<GridEncoder> Encoder = new(() => new GridEncoder(
        new GridSearch(TwoBitGrids.Iq2Xxs, 8, 3, 2), [1, 3.125f, 5.375f], 32, hasParity: true));

    public static int Bytes => BlockSizeBytes.IQ2_XXS;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[32], stackalloc byte[8], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ErrorWeights.Variance(source[..Length], 1), ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            for (int i = 0; i < 8; i++)
            {
                uint word = (uint)code.Scales[i] << 28;
                for (int j = 0; j < 4; j++)
                {
                    destination[2 + (8 * i) + j] = (byte)code.Entries[(4 * i) + j];
                    word |= (uint)(code.Signs[(4 * i) + j] & 127) << (7 * j);
                }

                BinaryPrimitives.WriteUInt32LittleEndian(destination[(6 + (8 * i))..], word);
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
        byte* part = block + 2;
        ulong* target = (ulong*)quants;
        for (int i = 0; i < 8; i++, part += 8, target += 4)
        {
            uint word = *(uint*)(part + 4);
            scales[i] = eighth * (int)((2 * (word >> 28)) + 1);
            target[0] = Signs.Apply(grid[part[0]], signs[word & 127]);
            target[1] = Signs.Apply(grid[part[1]], signs[(word >> 7) & 127]);
            target[2] = Signs.Apply(grid[part[2]], signs[(word >> 14) & 127]);
            target[3] = Signs.Apply(grid[part[3]], signs[(word >> 21) & 127]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* block, sbyte* quants, float* scales)
    {
        Vector256<uint> words = Words(block);
        GridScales.Store8(words, HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        Vector256<byte> signs = Signs.OfWords(words);
        ulong* grid = Grid;
        for (int i = 0; i < 8; i += 2)
        {
            EightMagnitudes.Store(grid, Indices(block, i), (uint*)&signs + i, quants + (32 * i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* block, sbyte* quants, float* scales)
    {
        Vector256<uint> words = Words(block);
        GridScales.Store8(words, HalfBits.ToSingle(ScaleBits(block)) * 0.125f, scales);
        Vector256<byte> signs = Signs.OfWords(words);
        ushort* grid = PackedGrid;
        Vector512<sbyte> values = TwoBitCodes.Values;
        for (int i = 0; i < 8; i += 2)
        {
            TwoBitCodes.Look(grid, Indices(block, i), (ulong*)((uint*)&signs + i), values).Store(quants + (32 * i));
        }
    }

    /// <summary>The indices of two neighbouring parts. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Indices(byte* block, int part)
    {
        // Four indices, a word, four indices, a word.
        Vector128<uint> both = Vector128.Load((uint*)(block + 2 + (8 * part)));
        return Avx2.ConvertToVector256Int32(Sse2.Shuffle(both, 0b10_00).AsByte());
    }

    /// <summary>The words of signs and scales. Needs AVX2.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Words(byte* block)
    {
        Vector256<float> first = Vector256.Load((float*)(block + 2)), second = Vector256.Load((float*)(block + 34));
        return Avx2.Permute4x64(Avx.Shuffle(first, second, 0b11_01_11_01).AsUInt64(), 0b11_01_10_00).AsUInt32();
    }
}
