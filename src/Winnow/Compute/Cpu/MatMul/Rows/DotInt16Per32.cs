using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows of quants of eight bits times one activation row of <see cref="Int16Per32Record"/>. Needs AVX2; as <see cref="DotInt8Per32"/> otherwise.</summary>
internal static unsafe class DotInt16Per32
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock, TLanes>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IWideBlock
        where TLanes : ILanes<Vector256<int>>
    {
        int groups = inputs / 256;
        int rest = inputs % 256 / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> even = Vector256<float>.Zero;
            Vector256<float> odd = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                Vector256<float> d = TBlock.Scales8(block) * Vector256.Load((float*)(record + Int16Per32Record.Scales));
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block), record), DotInt8Per32.Pick(d, 0), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + TBlock.Bytes), record + 64), DotInt8Per32.Pick(d, 1), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (2 * TBlock.Bytes)), record + 128), DotInt8Per32.Pick(d, 2), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (3 * TBlock.Bytes)), record + 192), DotInt8Per32.Pick(d, 3), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (4 * TBlock.Bytes)), record + 256), DotInt8Per32.Pick(d, 4), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (5 * TBlock.Bytes)), record + 320), DotInt8Per32.Pick(d, 5), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (6 * TBlock.Bytes)), record + 384), DotInt8Per32.Pick(d, 6), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block + (7 * TBlock.Bytes)), record + 448), DotInt8Per32.Pick(d, 7), odd);
            }

            for (int i = 0; i < rest; i++, block += TBlock.Bytes)
            {
                float d = TBlock.Scale(block) * ((float*)(record + Int16Per32Record.Scales))[i];
                even = Fma.MultiplyAdd(Products<TLanes>(TBlock.Quants(block), record + (64 * i)), Vector256.Create(d), even);
            }

            output[r] = Vector256.Sum(even + odd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Products<TLanes>(sbyte* quants, byte* activations)
        where TLanes : ILanes<Vector256<int>>
    {
        Vector256<int> sum = TLanes.AddPairs(TLanes.Zero, Avx2.ConvertToVector256Int16(quants).AsInt32(), TLanes.Load(activations));
        return Avx.ConvertToVector256Single(
            TLanes.AddPairs(sum, Avx2.ConvertToVector256Int16(quants + 16).AsInt32(), TLanes.Load(activations + 32)));
    }
}
