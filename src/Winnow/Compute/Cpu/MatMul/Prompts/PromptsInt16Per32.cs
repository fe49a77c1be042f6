using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Prompts;

/// <summary>
/// Rows of eight-bit quants times a few tokens of a prompt, each with the bits that
/// <see cref="Panels.RegisterTile{TLanes, TMore, TVector}"/> gives it. Needs AVX2.
/// </summary>
internal static unsafe class PromptsInt16Per32
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* tokens)
        where TBlock : IWideBlock
    {
        float* sums = stackalloc float[StepRows.Most];
        float* values = stackalloc float[16];
        float* factors = values + 8;
        int blocks = tokens->Inputs / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = tokens->Activations;
            new Span<float>(sums, tokens->Count).Clear();
            int left = blocks;
            for (; left >= 8; left -= 8, block += 8 * TBlock.Bytes, record += tokens->RecordStride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                Vector256<float> d = TBlock.Scales8(block);
                byte* x = record;
                for (int token = 0; token < tokens->Count; token++, x += tokens->TokenStride)
                {
                    Vector256<int> totals = BlockTotals.Of(
                        Products<TBlock>(block, x, 0), Products<TBlock>(block, x, 1), Products<TBlock>(block, x, 2), Products<TBlock>(block, x, 3),
                        Products<TBlock>(block, x, 4), Products<TBlock>(block, x, 5), Products<TBlock>(block, x, 6), Products<TBlock>(block, x, 7));
                    Avx.ConvertToVector256Single(totals).Store(values);
                    (d * Vector256.Load((float*)(x + Int16Per32Record.Scales))).Store(factors);
                    sums[token] = BlockTotals.Add(sums[token], values, factors, 8);
                }
            }

            float* output = tokens->Output + r;
            for (int token = 0; token < tokens->Count; token++, output += tokens->OutputStride, record += tokens->TokenStride)
            {
                // The blocks behind the last whole record.
                for (int i = 0; i < left; i++)
                {
                    values[i] = Vector256.Sum(Products<TBlock>(block, record, i));
                    factors[i] = TBlock.Scale(block + (i * TBlock.Bytes)) * ((float*)(record + Int16Per32Record.Scales))[i];
                }

                *output = BlockTotals.Add(sums[token], values, factors, left);
            }
        }
    }

    /// <summary>The products of the block at <paramref name="index"/>, in eight sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products<TBlock>(byte* blocks, byte* activations, int index)
        where TBlock : IWideBlock
    {
        sbyte* quants = TBlock.Quants(blocks + (index * TBlock.Bytes));
        short* x = (short*)activations + (32 * index);
        return Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(quants), Vector256.Load(x))
            + Avx2.MultiplyAddAdjacent(Avx2.ConvertToVector256Int16(quants + 16), Vector256.Load(x + 16));
    }
}
