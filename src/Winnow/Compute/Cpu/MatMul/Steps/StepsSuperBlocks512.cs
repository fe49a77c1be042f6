using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>
/// Rows of K-quants with scales per 16 times several steps, each with the bits of <see cref="Dot512"/>. Need AVX-512.
/// </summary>
internal static unsafe class StepsSuperBlocks512
{
    /// <summary>Of each step: the products, and what minima and offsets subtract.</summary>
    private const int Sums = 2;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : ISuperBlockPer16
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums)];
        float* sums = (float*)StepRows.Align(memory);
        int blocks = steps->Inputs / 256;
        long tokenStride = steps->TokenStride;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = steps->Activations;
            new Span<float>(sums, steps->Count * Sums * Vector512<float>.Count).Clear();
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
                Vector128<float> multipliers = TBlock.Multipliers(block);
                Vector512<float> d = Avx512F.BroadcastScalarToVector512(multipliers);
                Vector256<float> m = Avx2.BroadcastScalarToVector256(Sse.Shuffle(multipliers, multipliers, 0b01));
                byte* x = record;
                float* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum += Sums * Vector512<float>.Count)
                {
                    Vector512<int> total = Dot512.Scaled(q0, x, s0);
                    total += Dot512.Scaled(q1, x + 64, s1);
                    total += Dot512.Scaled(q2, x + 128, s2);
                    total += Dot512.Scaled(q3, x + 192, s3);

                    Vector512<float> scale = Vector512.Create(*(float*)(x + Int8Per256Record.Scale));
                    Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(total), d * scale, Vector512.Load(sum)).Store(sum);
                    float* offset = sum + Vector512<float>.Count;
                    byte* sumsOfActivations = x + (TBlock.ScalesPer32 ? Int8Per256Record.Sums32Behind : Int8Per256Record.Sums16);
                    Vector256<int> products = Avx2.MultiplyAddAdjacent(minima, Vector256.Load((short*)sumsOfActivations));
                    Vector256<float> subtracted = Avx.ConvertToVector256Single(products);
                    Fma.MultiplyAdd(subtracted, m * scale.GetLower(), Vector256.Load(offset)).Store(offset);
                }
            }

            float* output = steps->Output + r;
            float* done = sums;
            for (int step = steps->Count; step > 0; step--, done += Sums * Vector512<float>.Count, output += steps->OutputStride)
            {
                Vector512<float> sum = Vector512.Load(done);
                *output = Vector256.Sum(sum.GetLower() + sum.GetUpper() - Vector256.Load(done + Vector512<float>.Count));
            }
        }
    }
}
