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
/// <remarks>
/// Eight blocks of two rows are widened once, to the first-level cache, and go through all steps from there; two rows, because the
/// activations of many steps come from the second-level cache.
/// </remarks>
internal static unsafe class StepsInt16Per32<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Of each step: even and odd blocks of the first row, then those of the second.</summary>
    private const int Sums = 4;

    /// <summary>Bytes of a block as int16.</summary>
    private const int BlockBytes = 64;

    /// <summary>Bytes of eight blocks.</summary>
    private const int GroupBytes = 8 * BlockBytes;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : IWideBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums) + (2 * GroupBytes) + (16 * sizeof(float))];
        byte* quants = StepRows.Align(memory);
        float* scales = (float*)(quants + (2 * GroupBytes));
        byte* sums = (byte*)(scales + 16);
        int vectorBytes = TLanes.Count * sizeof(int);
        int groups = steps->Inputs / 256;
        int rest = steps->Inputs % 256 / 32;
        long tokenStride = steps->TokenStride;
        for (int r = 0; r < rows; r += 2, row += 2 * rowBytes)
        {
            // The last row stands for the one that is missing beside it.
            long second = r + 1 < rows ? rowBytes : 0;
            byte* block = row;
            byte* record = steps->Activations;
            new Span<byte>(sums, steps->Count * Sums * vectorBytes).Clear();
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += steps->RecordStride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                RowPrefetch.Ask(block + second, 8 * TBlock.Bytes);
                Widen<TBlock>(block, 8, quants);
                Widen<TBlock>(block + second, 8, quants + GroupBytes);
                Vector256<float> d0 = TBlock.Scales8(block), d1 = TBlock.Scales8(block + second);
                byte* x = record;
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum += Sums * vectorBytes)
                {
                    Vector256<float> scale = Vector256.Load((float*)(x + Int16Per32Record.Scales));
                    (d0 * scale).Store(scales);
                    (d1 * scale).Store(scales + 8);
                    TVector even0 = TLanes.Load(sum), odd0 = TLanes.Load(sum + vectorBytes);
                    TVector even1 = TLanes.Load(sum + (2 * vectorBytes)), odd1 = TLanes.Load(sum + (3 * vectorBytes));
                    for (int i = 0; i < 8; i += 2)
                    {
                        byte* own = quants + (i * BlockBytes);
                        byte* activations = x + (i * BlockBytes);
                        even0 = Add(even0, own, activations, scales + i);
                        even1 = Add(even1, own + GroupBytes, activations, scales + 8 + i);
                        odd0 = Add(odd0, own + BlockBytes, activations + BlockBytes, scales + i + 1);
                        odd1 = Add(odd1, own + GroupBytes + BlockBytes, activations + BlockBytes, scales + 8 + i + 1);
                    }

                    TLanes.Store(even0, (float*)sum);
                    TLanes.Store(odd0, (float*)(sum + vectorBytes));
                    TLanes.Store(even1, (float*)(sum + (2 * vectorBytes)));
                    TLanes.Store(odd1, (float*)(sum + (3 * vectorBytes)));
                }
            }

            for (int i = 0; i < (second > 0 ? 2 : 1); i++)
            {
                Finish<TBlock>(block + (i * second), rest, quants, scales, record, sums + (2 * i * vectorBytes), steps, r + i);
            }
        }
    }

    /// <summary>Adds the blocks behind the last whole record of a row to the even sums, and writes what comes out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TBlock>(byte* block, int rest, byte* quants, float* scales, byte* record, byte* sums, StepRows* steps, int row)
        where TBlock : IWideBlock
    {
        int vectorBytes = TLanes.Count * sizeof(int);
        Widen<TBlock>(block, rest, quants);
        float* output = steps->Output + row;
        for (int step = steps->Count; step > 0; step--, record += steps->TokenStride, sums += Sums * vectorBytes, output += steps->OutputStride)
        {
            TVector even = TLanes.Load(sums);
            for (int i = 0; i < rest; i++)
            {
                *scales = TBlock.Scale(block + (i * TBlock.Bytes)) * ((float*)(record + Int16Per32Record.Scales))[i];
                even = Add(even, quants + (i * BlockBytes), record + (i * BlockBytes), scales);
            }

            *output = TLanes.Total(TLanes.Plus(even, TLanes.Load(sums + vectorBytes)));
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

    /// <summary>Adds a block's products times its scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(TVector sum, byte* quants, byte* activations, float* scale)
    {
        TVector total = TLanes.AddPairs(TLanes.Zero, TLanes.Load(quants), TLanes.Load(activations));
        if (TLanes.Count == 8)
        {
            total = TLanes.AddPairs(total, TLanes.Load(quants + 32), TLanes.Load(activations + 32));
        }

        return TLanes.MultiplyAdd(TLanes.ToSingle(total), TLanes.Broadcast(scale), sum);
    }
}
