using System.Runtime.CompilerServices;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Rows of float weights times several steps, each with the bits that it has alone in vectors of the same width.</summary>
/// <remarks>
/// A part of four rows becomes f32 once, in the first-level cache, and goes through all steps from there; four rows, because the
/// activations of many steps come from the second-level cache. Registers hold the sums of two.
/// </remarks>
internal static unsafe class StepsFloat<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Sums of a row and a step, as many as rows have alone.</summary>
    private const int Sums = 4;

    /// <summary>Rows at once.</summary>
    private const int Most = 4;

    /// <summary>Inputs of a part: enough that loading and storing the sums costs little, few enough for the cache.</summary>
    private const int Part = 512;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TElement>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TElement : IFloatElement
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Most * Sums) + (Most * Part * sizeof(float))];
        float* weights = (float*)StepRows.Align(memory);
        byte* sums = (byte*)(weights + (Most * Part));
        int sumBytes = Sums * TLanes.Count * sizeof(float);
        int whole = steps->Inputs & -(Sums * TLanes.Count);
        for (int r = 0; r < rows; r += Most, row += Most * rowBytes)
        {
            int own = Math.Min(Most, rows - r);
            new Span<byte>(sums, steps->Count * Most * sumBytes).Clear();
            for (int first = 0; first < whole; first += Part)
            {
                int count = Math.Min(Part, whole - first);
                for (int i = 0; i < own + (own % 2); i++)
                {
                    // The last row stands for the one that is missing beside it.
                    byte* part = row + (Math.Min(i, own - 1) * rowBytes) + ((long)first * TElement.Bytes);
                    Load<TElement>(part, count, weights + (i * Part));
                }

                byte* x = steps->Activations + ((long)first * sizeof(float));
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += steps->TokenStride, sum += Most * sumBytes)
                {
                    for (int i = 0; i < own; i += 2)
                    {
                        AddPart((byte*)(weights + (i * Part)), x, count, sum + (i * sumBytes));
                    }
                }
            }

            for (int i = 0; i < own; i++)
            {
                Finish<TElement>(row + (i * rowBytes), whole, sums + (i * sumBytes), steps, r + i);
            }
        }
    }

    /// <summary>Adds the inputs behind the last whole vectors of a row, and writes what comes out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<TElement>(byte* row, int whole, byte* sums, StepRows* steps, int index)
        where TElement : IFloatElement
    {
        int vectorBytes = TLanes.Count * sizeof(float);
        byte* x = steps->Activations;
        float* output = steps->Output + index;
        for (int step = steps->Count; step > 0; step--, x += steps->TokenStride, sums += Most * Sums * vectorBytes, output += steps->OutputStride)
        {
            float tail = 0;
            for (int i = whole; i < steps->Inputs; i++)
            {
                tail += TElement.Load(row + ((long)i * TElement.Bytes)) * ((float*)x)[i];
            }

            *output = TLanes.Total(TLanes.Plus(
                TLanes.Plus(TLanes.Load(sums), TLanes.Load(sums + vectorBytes)),
                TLanes.Plus(TLanes.Load(sums + (2 * vectorBytes)), TLanes.Load(sums + (3 * vectorBytes))))) + tail;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPart(byte* weights, byte* x, int count, byte* sums)
    {
        int vectorBytes = TLanes.Count * sizeof(float);
        byte* sums1 = sums + (Sums * vectorBytes);
        TVector sum00 = TLanes.Load(sums), sum01 = TLanes.Load(sums + vectorBytes);
        TVector sum02 = TLanes.Load(sums + (2 * vectorBytes)), sum03 = TLanes.Load(sums + (3 * vectorBytes));
        TVector sum10 = TLanes.Load(sums1), sum11 = TLanes.Load(sums1 + vectorBytes);
        TVector sum12 = TLanes.Load(sums1 + (2 * vectorBytes)), sum13 = TLanes.Load(sums1 + (3 * vectorBytes));
        for (byte* end = weights + (count * sizeof(float)); weights < end; weights += Sums * vectorBytes, x += Sums * vectorBytes)
        {
            byte* weights1 = weights + (Part * sizeof(float));
            TVector activations = TLanes.Load(x);
            sum00 = TLanes.MultiplyAdd(TLanes.Load(weights), activations, sum00);
            sum10 = TLanes.MultiplyAdd(TLanes.Load(weights1), activations, sum10);
            activations = TLanes.Load(x + vectorBytes);
            sum01 = TLanes.MultiplyAdd(TLanes.Load(weights + vectorBytes), activations, sum01);
            sum11 = TLanes.MultiplyAdd(TLanes.Load(weights1 + vectorBytes), activations, sum11);
            activations = TLanes.Load(x + (2 * vectorBytes));
            sum02 = TLanes.MultiplyAdd(TLanes.Load(weights + (2 * vectorBytes)), activations, sum02);
            sum12 = TLanes.MultiplyAdd(TLanes.Load(weights1 + (2 * vectorBytes)), activations, sum12);
            activations = TLanes.Load(x + (3 * vectorBytes));
            sum03 = TLanes.MultiplyAdd(TLanes.Load(weights + (3 * vectorBytes)), activations, sum03);
            sum13 = TLanes.MultiplyAdd(TLanes.Load(weights1 + (3 * vectorBytes)), activations, sum13);
        }

        TLanes.Store(sum00, (float*)sums);
        TLanes.Store(sum01, (float*)(sums + vectorBytes));
        TLanes.Store(sum02, (float*)(sums + (2 * vectorBytes)));
        TLanes.Store(sum03, (float*)(sums + (3 * vectorBytes)));
        TLanes.Store(sum10, (float*)sums1);
        TLanes.Store(sum11, (float*)(sums1 + vectorBytes));
        TLanes.Store(sum12, (float*)(sums1 + (2 * vectorBytes)));
        TLanes.Store(sum13, (float*)(sums1 + (3 * vectorBytes)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TElement>(byte* source, int count, float* weights)
        where TElement : IFloatElement
    {
        for (int i = 0; i < count * TElement.Bytes; i += 256)
        {
            RowPrefetch.Ask(source + i, 256);
        }

        if (TLanes.Count == 4)
        {
            UnpackFloats.In128<TElement>(source, count, (uint*)weights);
        }
        else
        {
            UnpackFloats.In256<TElement>(source, count, (uint*)weights);
        }
    }
}
