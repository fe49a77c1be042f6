using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows of K-quants times one encoded activation row: the kernels of token generation. Need AVX2.</summary>
/// <remarks>
/// The unsigned quants are multiplied with the int8 activations by vpmaddubsw; the vpmaddwd that widens the pairs multiplies with the
/// integer scales of the sub-blocks at once. What minima and offsets subtract comes from the sums of the activations.
/// <see cref="Dot512"/> is for processors with wider units.
/// </remarks>
internal static unsafe class DotInt8Per256
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock, TLanes>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : ISuperBlock
        where TLanes : ILanes<Vector256<int>>
    {
        int blocks = inputs / 256;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector256<float> sum = Vector256<float>.Zero;
            Vector256<float> offset = Vector256<float>.Zero;
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                Vector256<short> factors = TBlock.Factors(block);
                Vector256<byte> scales = Scales<TBlock>(factors);
                Vector256<int> even = Add<TLanes>(TLanes.Zero, TBlock.Quants32(block, 0), record, scales, Vector256.Create((short)0x0100));
                Vector256<int> odd = Add<TLanes>(TLanes.Zero, TBlock.Quants32(block, 1), record + 32, scales, Vector256.Create((short)0x0302));
                even = Add<TLanes>(even, TBlock.Quants32(block, 2), record + 64, scales, Vector256.Create((short)0x0504));
                odd = Add<TLanes>(odd, TBlock.Quants32(block, 3), record + 96, scales, Vector256.Create((short)0x0706));
                even = Add<TLanes>(even, TBlock.Quants32(block, 4), record + 128, scales, Vector256.Create((short)0x0908));
                odd = Add<TLanes>(odd, TBlock.Quants32(block, 5), record + 160, scales, Vector256.Create((short)0x0B0A));
                even = Add<TLanes>(even, TBlock.Quants32(block, 6), record + 192, scales, Vector256.Create((short)0x0D0C));
                odd = Add<TLanes>(odd, TBlock.Quants32(block, 7), record + 224, scales, Vector256.Create((short)0x0F0E));

                Vector128<float> d = TBlock.Multipliers(block) * Vector128.Create(*(float*)(record + Int8Per256Record.Scale));
                sum = Fma.MultiplyAdd(
                    Avx.ConvertToVector256Single(even + odd), Avx2.BroadcastScalarToVector256(d), sum);
                offset = Fma.MultiplyAdd(
                    Avx.ConvertToVector256Single(Offsets<TBlock>(block, factors, record)),
                    Avx2.BroadcastScalarToVector256(Sse.Shuffle(d, d, 0b01)),
                    offset);
            }

            output[r] = Vector256.Sum(sum - offset);
        }
    }

    /// <summary>
    /// The scales, so that one order within 128 bits picks those of the even and of the odd 16 quants of each 32.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<byte> Scales<TBlock>(Vector256<short> factors)
        where TBlock : ISuperBlock =>
        TBlock.ScalesPer32 ? Avx2.Permute4x64(factors.AsInt64(), 0b01_00_01_00).AsByte() : EvenAndOdd(factors);

    /// <summary>Minima times the sums of the activations that they are subtracted from, in any order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Offsets<TBlock>(byte* block, Vector256<short> factors, byte* record)
        where TBlock : ISuperBlock
    {
        byte* sums = record + (TBlock.ScalesPer32 ? Int8Per256Record.Sums32Behind : Int8Per256Record.Sums16);
        return Avx2.MultiplyAddAdjacent(TBlock.Minima(block, factors), Vector256.Load((short*)sums));
    }

    /// <summary>Adds 32 products, summed by fours, times the scale that <paramref name="order"/> picks in each 128-bit half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add<TLanes>(
        Vector256<int> sum, Vector256<byte> quants, byte* activations, Vector256<byte> scales, Vector256<short> order)
        where TLanes : ILanes<Vector256<int>> =>
        TLanes.AddPairs(
            sum, Avx2.MultiplyAddAdjacent(quants, Vector256.Load((sbyte*)activations)).AsInt32(), Avx2.Shuffle(scales, order.AsByte()).AsInt32());

    /// <summary>The factors of even sub-blocks in the lower half, those of odd ones in the upper.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> EvenAndOdd(Vector256<short> factors)
    {
        Vector256<byte> split = Avx2.Shuffle(
            factors.AsByte(),
            Vector256.Create((byte)0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15, 0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15));
        return Avx2.Permute4x64(split.AsInt64(), 0b11_01_10_00).AsByte();
    }
}
