using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>
/// Rows of quants of eight bits times several steps, each with the bits of <see cref="DotInt16Per32"/> or, in 512 bits, of
/// <see cref="Dot512"/>. Need AVX2.
/// </summary>
/// <remarks>Eight blocks are widened once, to the first-level cache, and go through all steps from there.</remarks>
internal static unsafe class StepsInt16Per32<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Of each step: even blocks, odd blocks.</summary>
    private const int Sums = 2;

    /// <summary>Bytes of a block as int16.</summary>
    private const int BlockBytes = 64;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : IWideBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums) + (9 * BlockBytes)];
        byte* quants = StepRows.Align(memory);
        float* scales = (float*)(quants + (8 * BlockBytes));
        byte* sums = quants + (9 * BlockBytes);
        int vectorBytes = TLanes.Count * sizeof(int);
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
                Widen<TBlock>(block, 8, quants);
                Vector256<float> d = TBlock.Scales8(block);
                byte* x = record;
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum += Sums * vectorBytes)
                {
                    (d * Vector256.Load((float*)(x + Int16Per32Record.Scales))).Store(scales);
                    TVector even = Add(TLanes.Load(sum), quants, x, scales, 0);
                    TVector odd = Add(TLanes.Load(sum + vectorBytes), quants, x, scales, 1);
                    even = Add(even, quants, x, scales, 2);
                    odd = Add(odd, quants, x, scales, 3);
                    even = Add(even, quants, x, scales, 4);
                    odd = Add(odd, quants, x, scales, 5);
                    even = Add(even, quants, x, scales, 6);
                    odd = Add(odd, quants, x, scales, 7);
                    TLanes.Store(even, (float*)sum);
                    TLanes.Store(odd, (float*)(sum + vectorBytes));
                }
            }

            Widen<TBlock>(block, rest, quants);
            float* output = steps->Output + r;
            byte* done = sums;
            for (int step = steps->Count; step > 0; step--, record += tokenStride, done += Sums * vectorBytes, output += steps->OutputStride)
            {
                TVector even = TLanes.Load(done);
                for (int i = 0; i < rest; i++)
                {
                    scales[i] = TBlock.Scale(block + (i * TBlock.Bytes)) * ((float*)(record + Int16Per32Record.Scales))[i];
                    even = Add(even, quants, record, scales, i);
                }

                *output = TLanes.Total(TLanes.Plus(even, TLanes.Load(done + vectorBytes)));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Widen<TBlock>(byte* block, int count, byte* quants)
        where TBlock : IWideBlock
    {
        for (; count > 0; count--, block += TBlock.Bytes, quants += BlockBytes)
        {
            Avx2.ConvertToVector256Int16(TBlock.Quants(block)).Store((short*)quants);
            Avx2.ConvertToVector256Int16(TBlock.Quants(block) + 16).Store((short*)(quants + 32));
        }
    }

    /// <summary>Adds a block's products times its scale, which is broadcast from memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(TVector sum, byte* quants, byte* activations, float* scales, int block)
    {
        TVector total = TLanes.AddPairs(TLanes.Zero, TLanes.Load(quants + (BlockBytes * block)), TLanes.Load(activations + (BlockBytes * block)));
        if (TLanes.Count == 8)
        {
            total = TLanes.AddPairs(
                total, TLanes.Load(quants + (BlockBytes * block) + 32), TLanes.Load(activations + (BlockBytes * block) + 32));
        }

        return TLanes.MultiplyAdd(TLanes.ToSingle(total), TLanes.Broadcast(scales + block), sum);
    }
}
