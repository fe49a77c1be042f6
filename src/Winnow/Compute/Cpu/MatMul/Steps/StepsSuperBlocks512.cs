using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>
/// Rows of K-quants with scales per 16 times several steps, each with the bits of <see cref="Dot512"/>. Need AVX-512.
/// </summary>
internal static unsafe class StepsSuperBlocks512
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : ISuperBlockPer16
    {
        float* sums = stackalloc float[StepRows.Most];
        int blocks = steps->Inputs / 256;
        long tokenStride = steps->TokenStride;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = steps->Activations;
            new Span<float>(sums, steps->Count).Clear();
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += steps->RecordStride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                Vector512<byte> q0 = TBlock.Quants64(block, 0), q1 = TBlock.Quants64(block, 1);
                Vector512<byte> q2 = TBlock.Quants64(block, 2), q3 = TBlock.Quants64(block, 3);
                Vector256<short> factors = TBlock.Factors(block);
                Vector512<short> scales = factors.ToVector512Unsafe();
                Vector512<short> s0 = Dot512.FactorsOf(scales, 0), s1 = Dot512.FactorsOf(scales, 1);
                Vector512<short> s2 = Dot512.FactorsOf(scales, 2), s3 = Dot512.FactorsOf(scales, 3);
                Vector256<short> minima = TBlock.Minima(block, factors);
                Vector128<float> d = TBlock.Multipliers(block);
                byte* x = record;
                float* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum++)
                {
                    Vector512<int> total = Dot512.Scaled(q0, x, s0);
                    total += Dot512.Scaled(q1, x + 64, s1);
                    total += Dot512.Scaled(q2, x + 128, s2);
                    total += Dot512.Scaled(q3, x + 192, s3);

                    Vector256<int> products = total.GetLower() + total.GetUpper();
                    *sum = DotInt8Per256.AddBlock<TBlock>(Vector128.CreateScalarUnsafe(*sum), products, d, minima, x).ToScalar();
                }
            }

            float* output = steps->Output + r;
            for (int step = 0; step < steps->Count; step++, output += steps->OutputStride)
            {
                *output = sums[step];
            }
        }
    }
}
