using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Prompts;

/// <summary>
/// Rows of types with a scale per 32 quants times a few tokens of a prompt, each with the bits that
/// <see cref="Panels.RegisterTile{TLanes, TMore, TVector}"/> gives it. Needs AVX2.
/// </summary>
internal static unsafe class PromptsInt8Per32
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* tokens)
        where TBlock : IBlock
    {
        float* sums = stackalloc float[StepRows.Most];
        float* values = stackalloc float[24];
        float* factors = values + 8;
        float* minima = values + 16;
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
                Vector256<byte> q0 = TBlock.Quants32(block), q1 = TBlock.Quants32(block + TBlock.Bytes);
                Vector256<byte> q2 = TBlock.Quants32(block + (2 * TBlock.Bytes)), q3 = TBlock.Quants32(block + (3 * TBlock.Bytes));
                Vector256<byte> q4 = TBlock.Quants32(block + (4 * TBlock.Bytes)), q5 = TBlock.Quants32(block + (5 * TBlock.Bytes));
                Vector256<byte> q6 = TBlock.Quants32(block + (6 * TBlock.Bytes)), q7 = TBlock.Quants32(block + (7 * TBlock.Bytes));
                Vector256<float> d = TBlock.Scales8(block);
                if (TBlock.HasMinimum)
                {
                    (TBlock.Minima8(block) + (Vector256.Create(Centre<TBlock>()) * d)).Store(minima);
                }

                d *= Factor<TBlock>();
                byte* x = record;
                for (int token = 0; token < tokens->Count; token++, x += tokens->TokenStride)
                {
                    Vector256<int> totals = BlockTotals.Of(
                        Products(q0, x), Products(q1, x + 32), Products(q2, x + 64), Products(q3, x + 96),
                        Products(q4, x + 128), Products(q5, x + 160), Products(q6, x + 192), Products(q7, x + 224));
                    totals = TBlock.Bits == 4 ? totals + totals : totals;
                    totals += Avx2.MultiplyAddAdjacent(Vector256.Load((short*)(x + Int8Per32Record.LaneOffsets)), Vector256<short>.One);
                    Avx.ConvertToVector256Single(totals).Store(values);
                    (d * Vector256.Load((float*)(x + Int8Per32Record.Scales))).Store(factors);
                    sums[token] = Add<TBlock>(sums[token], values, factors, minima, x, 8);
                }
            }

            if (left > 0)
            {
                AddRest<TBlock>(block, left, record, tokens, values, sums);
            }

            float* output = tokens->Output + r;
            for (int token = 0; token < tokens->Count; token++, output += tokens->OutputStride)
            {
                *output = sums[token];
            }
        }
    }

    /// <summary>Adds the blocks behind the last whole record, of which there are fewer than eight.</summary>
    private static void AddRest<TBlock>(byte* block, int count, byte* record, StepRows* tokens, float* values, float* sums)
        where TBlock : IBlock
    {
        float* factors = values + 8;
        float* minima = values + 16;
        for (int token = 0; token < tokens->Count; token++, record += tokens->TokenStride)
        {
            for (int i = 0; i < count; i++)
            {
                byte* own = block + (i * TBlock.Bytes);
                float d = TBlock.Scale(own);
                short* offsets = (short*)(record + Int8Per32Record.LaneOffsets) + (2 * i);
                int total = Vector256.Sum(Products(TBlock.Quants32(own), record + (32 * i)));
                values[i] = (TBlock.Bits == 4 ? total + total : total) + offsets[0] + offsets[1];
                factors[i] = d * Factor<TBlock>() * ((float*)(record + Int8Per32Record.Scales))[i];
                minima[i] = TBlock.HasMinimum ? TBlock.Minimum(own) + (Centre<TBlock>() * d) : 0;
            }

            sums[token] = Add<TBlock>(sums[token], values, factors, minima, record, count);
        }
    }

    /// <summary>The middle of the range of the quants, which the lanes' offsets subtract.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Centre<TBlock>()
        where TBlock : IBlock => 1 << (TBlock.Bits - 1);

    /// <summary>Quants of four bits are doubled, so that their middle is 16 as well: half the scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Factor<TBlock>()
        where TBlock : IBlock => TBlock.Bits == 4 ? 0.5f : 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Add<TBlock>(float sum, float* values, float* factors, float* minima, byte* record, int count)
        where TBlock : IBlock => TBlock.HasMinimum
            ? BlockTotals.Add(sum, values, factors, minima, (float*)(record + Int8Per32Record.Sums), count)
            : BlockTotals.Add(sum, values, factors, count);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Products(Vector256<byte> quants, byte* activations) =>
        Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(quants, Vector256.Load((sbyte*)activations)), Vector256<short>.One);
}
