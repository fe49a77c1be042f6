using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows of float weights times one row of f32 activations. Need AVX2 and FMA.</summary>
internal static unsafe class DotFloat
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TElement>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TElement : IFloatElement
    {
        float* x = (float*)activations;
        int whole = inputs & ~31;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* w = row;
            Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 32, w += 32 * TElement.Bytes)
            {
                RowPrefetch.Ask(w, 32 * TElement.Bytes);
                sum0 = Fma.MultiplyAdd(TElement.Load8(w), Vector256.Load(x + i), sum0);
                sum1 = Fma.MultiplyAdd(TElement.Load8(w + (8 * TElement.Bytes)), Vector256.Load(x + i + 8), sum1);
                sum2 = Fma.MultiplyAdd(TElement.Load8(w + (16 * TElement.Bytes)), Vector256.Load(x + i + 16), sum2);
                sum3 = Fma.MultiplyAdd(TElement.Load8(w + (24 * TElement.Bytes)), Vector256.Load(x + i + 24), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++, w += TElement.Bytes)
            {
                tail += TElement.Load(w) * x[i];
            }

            output[r] = Vector256.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }
}
