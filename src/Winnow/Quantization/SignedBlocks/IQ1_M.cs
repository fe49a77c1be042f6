using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Grids;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// IQ1_M, blocks of 256 in 56 bytes: the low bytes of 32 grid indices, 16 bytes of nibbles with three upper bits of an index and
/// the sign of its shift, four words of four times three bits of scale per 16; the top nibbles of the words make up the f16 d; x =
/// d · (2·scale + 1) · (value ± 1/8).
/// </summary>
internal readonly unsafe struct IQ1_M : ISignedBlock
{
    private static readonly ulong* Grid = GridTables.OfTernary(TernaryGrid.Iq1);

    private static readonly Lazy<TernaryEncoder> Encoder = new(() => new TernaryEncoder(new GridSearch(TernaryGrid.Iq1, 8, 3, 3), group: 16, shared: 8));

    public static int Bytes => BlockSizeBytes.IQ1_M;

    public static int Length => 256;

    public static bool ScalesPer32 => false;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[32], stackalloc byte[16], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ref code);
            destination[..Bytes].Clear();
            for (int i = 0; i < 32; i++)
            {
                destination[i] = (byte)code.Entries[i];
                destination[32 + (i / 2)] |= (byte)(((code.Entries[i] >> 8) | (code.Signs[i] << 3)) << (4 * (i % 2)));
            }

            int d = BitConverter.HalfToUInt16Bits(code.D);
            for (int i = 0; i < 4; i++)
            {
                int word = ((d >> (4 * i)) & 15) << 12;
                for (int j = 0; j < 4; j++)
                {
                    word |= code.Scales[(4 * i) + j] << (3 * j);
                }

                BinaryPrimitives.WriteUInt16LittleEndian(destination[(48 + (2 * i))..], (ushort)word);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => (ushort)((*(ushort*)(block + 48) >> 12) | ((*(ushort*)(block + 50) >> 8) & 0x00F0)
        | ((*(ushort*)(block + 52) >> 4) & 0x0F00) | (*(ushort*)(block + 54) & 0xF000));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        ulong* grid = Grid;
        float eighth = d * 0.125f;
        for (int i = 0; i < 16; i++, quants += 16)
        {
            int scale = (*(ushort*)(block + 48 + (2 * (i / 4))) >> (3 * (i % 4))) & 7;
            scales[i] = eighth * ((2 * scale) + 1);
            byte* index = block + (2 * i);
            int high = block[32 + i];
            ulong first = grid[index[0] | ((high << 8) & 0x700)];
            ulong second = grid[index[1] | ((high << 4) & 0x700)];
            (Vector128.Create(first, second).AsSByte() + Vector128.Create(Shift(high & 8), Shift(high & 0x80)).AsSByte()).Store(quants);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<IQ1_M>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);

    /// <summary>Eight bytes of 1, or of −1 where the bit is set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Shift(int bit) => bit == 0 ? 0x0101010101010101 : ulong.MaxValue;
}
