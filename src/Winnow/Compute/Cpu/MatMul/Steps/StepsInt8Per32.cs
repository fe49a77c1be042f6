using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>
/// Rows of types with a scale per 32 quants times several steps, each with the bits of <see cref="DotInt8Per32"/> or, in 512
/// bits, of <see cref="Dot512"/>. Need AVX2.
/// </summary>
internal static unsafe class StepsInt8Per32<TBlocks, TLanes, TVector>
    where TBlocks : IBlockVector<TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Of each step: even vectors, odd vectors, what offsets and minima add.</summary>
    private const int Sums = 3;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : IBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums)];
        byte* sums = StepRows.Align(memory);
        int vectorBytes = TLanes.Count * sizeof(int);
        int vectorBlocks = TBlocks.Count * TBlock.Bytes;
        int groups = steps->Inputs / 256;
        int rest = steps->Inputs % 256 / 32;
        long tokenStride = steps->TokenStride;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = steps->Activations;
            new Span<byte>(sums, steps->Count * Sums * vectorBytes).Clear();
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += steps->RecordStride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                TVector q0 = TBlocks.Quants<TBlock>(block);
                TVector q1 = TBlocks.Quants<TBlock>(block + vectorBlocks);
                TVector q2 = TBlocks.Quants<TBlock>(block + (2 * vectorBlocks));
                TVector q3 = TBlocks.Quants<TBlock>(block + (3 * vectorBlocks));
                TVector q4 = q0, q5 = q0, q6 = q0, q7 = q0;
                if (TBlocks.Count == 1)
                {
                    q4 = TBlocks.Quants<TBlock>(block + (4 * vectorBlocks));
                    q5 = TBlocks.Quants<TBlock>(block + (5 * vectorBlocks));
                    q6 = TBlocks.Quants<TBlock>(block + (6 * vectorBlocks));
                    q7 = TBlocks.Quants<TBlock>(block + (7 * vectorBlocks));
                }

                Vector256<float> d = TBlock.Scales8(block);
                Vector256<float> m = TBlock.HasMinimum ? TBlock.Minima8(block) : d;
                byte* x = record;
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum += Sums * vectorBytes)
                {
                    Vector256<float> scales = d * Vector256.Load((float*)(x + Int8Per32Record.Scales));
                    TVector even = Add(TLanes.Load(sum), q0, x, scales, 0);
                    TVector odd = Add(TLanes.Load(sum + vectorBytes), q1, x + vectorBytes, scales, 1);
                    even = Add(even, q2, x + (2 * vectorBytes), scales, 2);
                    odd = Add(odd, q3, x + (3 * vectorBytes), scales, 3);
                    if (TBlocks.Count == 1)
                    {
                        even = Add(even, q4, x + (4 * vectorBytes), scales, 4);
                        odd = Add(odd, q5, x + (5 * vectorBytes), scales, 5);
                        even = Add(even, q6, x + (6 * vectorBytes), scales, 6);
                        odd = Add(odd, q7, x + (7 * vectorBytes), scales, 7);
                    }

                    TLanes.Store(even, (float*)sum);
                    TLanes.Store(odd, (float*)(sum + vectorBytes));
                    float* offset = (float*)(sum + (2 * vectorBytes));
                    Fma.MultiplyAdd(m, Vector256.Load((float*)(x + Int8Per32Record.Sums)), Vector256.Load(offset)).Store(offset);
                }
            }

            float* output = steps->Output + r;
            byte* done = sums;
            for (int step = steps->Count; step > 0; step--, record += tokenStride, output += steps->OutputStride)
            {
                TVector even = TLanes.Load(done), odd = TLanes.Load(done + vectorBytes);
                *output = Finish<TBlock>(even, odd, Vector256.Load((float*)(done + (2 * vectorBytes))), block, record, rest);
                done += Sums * vectorBytes;
            }
        }
    }

    /// <summary>
    /// Adds the blocks behind the last whole record, and the offset: d · half the range of the quants where there is no minimum.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Finish<TBlock>(TVector even, TVector odd, Vector256<float> offset, byte* block, byte* record, int rest)
        where TBlock : IBlock
    {
        // With one block in a vector, single blocks are added to the even sum before the odd one is.
        Vector256<float> sum = TBlocks.Fold(TBlocks.Count == 1 ? even : TLanes.Plus(even, odd));
        for (int i = 0; i < rest; i++, block += TBlock.Bytes)
        {
            float d = TBlock.Scale(block);
            float m = TBlock.HasMinimum ? TBlock.Minimum(block) : d;
            offset += Vector256.CreateScalar(m * ((float*)(record + Int8Per32Record.Sums))[i]);
            Vector256<float> scale = Vector256.Create(d * ((float*)(record + Int8Per32Record.Scales))[i]);
            sum = Fma.MultiplyAdd(DotInt8Per32.Products<Lanes256>(TBlock.Quants32(block), record + (32 * i)), scale, sum);
        }

        sum = TBlocks.Count == 1 ? sum + TBlocks.Fold(odd) : sum;
        float factor = TBlock.HasMinimum ? 1 : -(1 << (TBlock.Bits - 1));
        return Vector256.Sum(Fma.MultiplyAdd(offset, Vector256.Create(factor), sum));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(TVector sum, TVector quants, byte* activations, Vector256<float> scales, int vector)
    {
        TVector total = TLanes.Sums(TLanes.AddQuads(TLanes.Zero, quants, TLanes.Load(activations)));
        return TLanes.MultiplyAdd(TLanes.ToSingle(total), TBlocks.Scales(scales, vector), sum);
    }
}
