using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;
using Winnow.Quantization.Grids;
using Winnow.Quantization.Layouts;
using Winnow.Tensors;

namespace Winnow.Quantization.SignedBlocks;

/// <summary>
/// IQ1_S, blocks of 256 in 50 bytes: f16 d, the low bytes of 32 grid indices, then for each 32 a word with the upper three bits of
/// four indices, three bits of scale and the sign of the shift; x = d · (2·scale + 1) · (value ± 1/8).
/// </summary>
internal readonly unsafe struct IQ1_S : ISignedBlock
{
    private static readonly ulong* Grid = GridTables.OfTernary(TernaryGrid.Iq1);

    private static readonly Lazy<TernaryEncoder> Encoder = new(() => new TernaryEncoder(new GridSearch(TernaryGrid.Iq1, 8, 3, 3), group: 32, shared: 32));

    public static int Bytes => BlockSizeBytes.IQ1_S;

    public static int Length => 256;

    public static bool ScalesPer32 => true;

    public static void Encode(ReadOnlySpan<float> source, ReadOnlySpan<float> importance, Span<byte> destination)
    {
        GridCode code = new(stackalloc ushort[32], stackalloc byte[8], stackalloc byte[32]);
        for (; source.Length != 0; source = source[Length..], destination = destination[Bytes..])
        {
            ReadOnlySpan<float> own = ErrorWeights.Next(ref importance, Length);
            Encoder.Value.Encode(source[..Length], own, ref code);
            destination[..Bytes].Clear();
            BinaryPrimitives.WriteHalfLittleEndian(destination, code.D);
            for (int i = 0; i < 8; i++)
            {
                int word = (code.Scales[i] << 12) | (code.Signs[4 * i] << 15);
                for (int j = 0; j < 4; j++)
                {
                    destination[2 + (4 * i) + j] = (byte)code.Entries[(4 * i) + j];
                    word |= (code.Entries[(4 * i) + j] >> 8) << (3 * j);
                }

                BinaryPrimitives.WriteUInt16LittleEndian(destination[(34 + (2 * i))..], (ushort)word);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort ScaleBits(byte* block) => *(ushort*)block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack(byte* block, float d, sbyte* quants, float* scales)
    {
        ulong* grid = Grid;
        float eighth = d * 0.125f;
        byte* index = block + 2;
        for (int i = 0; i < 8; i++, index += 4, quants += 32)
        {
            int word = *(ushort*)(block + 34 + (2 * i));
            scales[i] = eighth * ((2 * ((word >> 12) & 7)) + 1);
            Vector128<sbyte> shift = Vector128.Create((sbyte)((word & 0x8000) != 0 ? -1 : 1));
            (Vector128.Create(grid[index[0] | ((word << 8) & 0x700)], grid[index[1] | ((word << 5) & 0x700)]).AsSByte() + shift).Store(quants);
            (Vector128.Create(grid[index[2] | ((word << 2) & 0x700)], grid[index[3] | ((word >> 1) & 0x700)]).AsSByte() + shift).Store(quants + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack256(byte* blocks, sbyte* quants, float* scales) => SignedGroup.Unpack<IQ1_S>(blocks, SignedGroup.Length, quants, scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unpack512(byte* blocks, sbyte* quants, float* scales) => Unpack256(blocks, quants, scales);
}
