using System.Runtime.CompilerServices;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Panels;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Rows of float weights times several steps, each with the bits that it has alone in vectors of the same width.</summary>
/// <remarks>A part of a row becomes f32 once, in the first-level cache, and goes through all steps from there.</remarks>
internal static unsafe class StepsFloat<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Sums = 4;

    /// <summary>Inputs of a part: enough that loading and storing the sums costs little, few enough for the cache with those of all steps.</summary>
    private const int Part = 512;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TElement>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TElement : IFloatElement
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums) + (Part * sizeof(float))];
        float* weights = (float*)StepRows.Align(memory);
        byte* sums = (byte*)(weights + Part);
        int vectorBytes = TLanes.Count * sizeof(float);
        int whole = steps->Inputs & -(Sums * TLanes.Count);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            new Span<byte>(sums, steps->Count * Sums * vectorBytes).Clear();
            for (int first = 0; first < whole; first += Part)
            {
                int count = Math.Min(Part, whole - first);
                Load<TElement>(row + ((long)first * TElement.Bytes), count, weights);
                byte* x = steps->Activations + ((long)first * sizeof(float));
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += steps->TokenStride, sum += Sums * vectorBytes)
                {
                    AddPart((byte*)weights, x, (byte*)(weights + count), sum);
                }
            }

            byte* activations = steps->Activations;
            byte* done = sums;
            float* output = steps->Output + r;
            for (int step = steps->Count; step > 0; step--, activations += steps->TokenStride, done += Sums * vectorBytes, output += steps->OutputStride)
            {
                float tail = 0;
                for (int i = whole; i < steps->Inputs; i++)
                {
                    tail += TElement.Load(row + ((long)i * TElement.Bytes)) * ((float*)activations)[i];
                }

                *output = TLanes.Total(TLanes.Plus(
                    TLanes.Plus(TLanes.Load(done), TLanes.Load(done + vectorBytes)),
                    TLanes.Plus(TLanes.Load(done + (2 * vectorBytes)), TLanes.Load(done + (3 * vectorBytes))))) + tail;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddPart(byte* weights, byte* x, byte* end, byte* sum)
    {
        int vectorBytes = TLanes.Count * sizeof(float);
        TVector sum0 = TLanes.Load(sum), sum1 = TLanes.Load(sum + vectorBytes);
        TVector sum2 = TLanes.Load(sum + (2 * vectorBytes)), sum3 = TLanes.Load(sum + (3 * vectorBytes));
        for (; weights < end; weights += Sums * vectorBytes, x += Sums * vectorBytes)
        {
            sum0 = TLanes.MultiplyAdd(TLanes.Load(weights), TLanes.Load(x), sum0);
            sum1 = TLanes.MultiplyAdd(TLanes.Load(weights + vectorBytes), TLanes.Load(x + vectorBytes), sum1);
            sum2 = TLanes.MultiplyAdd(TLanes.Load(weights + (2 * vectorBytes)), TLanes.Load(x + (2 * vectorBytes)), sum2);
            sum3 = TLanes.MultiplyAdd(TLanes.Load(weights + (3 * vectorBytes)), TLanes.Load(x + (3 * vectorBytes)), sum3);
        }

        TLanes.Store(sum0, (float*)sum);
        TLanes.Store(sum1, (float*)(sum + vectorBytes));
        TLanes.Store(sum2, (float*)(sum + (2 * vectorBytes)));
        TLanes.Store(sum3, (float*)(sum + (3 * vectorBytes)));
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
