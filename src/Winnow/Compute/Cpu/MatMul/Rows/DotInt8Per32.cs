using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows of types with a scale per 32 quants times one encoded activation row. Need AVX2.</summary>
/// <remarks>
/// Eight blocks share an activation record: their scales are converted together, and what offsets and minima add is one multiply-add
/// for all eight.
/// </remarks>
internal static unsafe class DotInt8Per32
{
    /// <summary>Quants of up to five bits, unsigned: Σ (d·q + m)·a = d · Σ q·a + m · Σ a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock, TLanes>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IBlock
        where TLanes : ILanes<Vector256<int>>
    {
        int groups = inputs / 256;
        int rest = inputs % 256 / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> even = Vector256<float>.Zero;
            Vector256<float> odd = Vector256<float>.Zero;
            Vector256<float> offset = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                Vector256<float> d = TBlock.Scales8(block);
                Vector256<float> m = TBlock.HasMinimum ? TBlock.Minima8(block) : d;
                offset = Fma.MultiplyAdd(m, Vector256.Load((float*)(record + Int8Per32Record.Sums)), offset);
                d *= Vector256.Load((float*)(record + Int8Per32Record.Scales));
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block), record), Pick(d, 0), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + TBlock.Bytes), record + 32), Pick(d, 1), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (2 * TBlock.Bytes)), record + 64), Pick(d, 2), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (3 * TBlock.Bytes)), record + 96), Pick(d, 3), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (4 * TBlock.Bytes)), record + 128), Pick(d, 4), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (5 * TBlock.Bytes)), record + 160), Pick(d, 5), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (6 * TBlock.Bytes)), record + 192), Pick(d, 6), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block + (7 * TBlock.Bytes)), record + 224), Pick(d, 7), odd);
            }

            for (int i = 0; i < rest; i++, block += TBlock.Bytes)
            {
                float d = TBlock.Scale(block);
                float m = TBlock.HasMinimum ? TBlock.Minimum(block) : d;
                offset += Vector256.CreateScalar(m * ((float*)(record + Int8Per32Record.Sums))[i]);
                Vector256<float> scale = Vector256.Create(d * ((float*)(record + Int8Per32Record.Scales))[i]);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants32(block), record + (32 * i)), scale, even);
            }

            // Without a minimum, d itself was summed: the offset is half the range of the quants.
            float factor = TBlock.HasMinimum ? 1 : -(1 << (TBlock.Bits - 1));
            output[r] = Vector256.Sum(Fma.MultiplyAdd(offset, Vector256.Create(factor), even + odd));
        }
    }

    /// <summary>One element in all places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Pick(Vector256<float> values, int element) => Avx2.PermuteVar8x32(values, Vector256.Create(element));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Products<TLanes>(Vector256<byte> quants, byte* activations)
        where TLanes : ILanes<Vector256<int>> =>
        Avx.ConvertToVector256Single(TLanes.Sums(TLanes.AddQuads(TLanes.Zero, quants.AsInt32(), TLanes.Load(activations))));
}
