using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Rows of float weights times one row of f32 activations. Need AVX2 and FMA.</summary>
internal static unsafe class DotFloat
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void F32(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* x = (float*)activations;
        int whole = inputs & ~31;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            float* w = (float*)row;
            Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 32)
            {
                RowPrefetch.Ask((byte*)(w + i), 128);
                sum0 = Fma.MultiplyAdd(Vector256.Load(w + i), Vector256.Load(x + i), sum0);
                sum1 = Fma.MultiplyAdd(Vector256.Load(w + i + 8), Vector256.Load(x + i + 8), sum1);
                sum2 = Fma.MultiplyAdd(Vector256.Load(w + i + 16), Vector256.Load(x + i + 16), sum2);
                sum3 = Fma.MultiplyAdd(Vector256.Load(w + i + 24), Vector256.Load(x + i + 24), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++)
            {
                tail += w[i] * x[i];
            }

            output[r] = Vector256.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void F16(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* x = (float*)activations;
        int whole = inputs & ~31;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            short* w = (short*)row;
            Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 32)
            {
                RowPrefetch.Ask((byte*)(w + i), 64);
                sum0 = Fma.MultiplyAdd(HalfBits.ToSingle8(Vector128.Load(w + i)), Vector256.Load(x + i), sum0);
                sum1 = Fma.MultiplyAdd(HalfBits.ToSingle8(Vector128.Load(w + i + 8)), Vector256.Load(x + i + 8), sum1);
                sum2 = Fma.MultiplyAdd(HalfBits.ToSingle8(Vector128.Load(w + i + 16)), Vector256.Load(x + i + 16), sum2);
                sum3 = Fma.MultiplyAdd(HalfBits.ToSingle8(Vector128.Load(w + i + 24)), Vector256.Load(x + i + 24), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++)
            {
                tail += HalfBits.ToSingle((ushort)w[i]) * x[i];
            }

            output[r] = Vector256.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BF16(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
    {
        float* x = (float*)activations;
        int whole = inputs & ~31;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            ushort* w = (ushort*)row;
            Vector256<float> sum0 = Vector256<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 32)
            {
                RowPrefetch.Ask((byte*)(w + i), 64);
                sum0 = Fma.MultiplyAdd(Brain(w + i), Vector256.Load(x + i), sum0);
                sum1 = Fma.MultiplyAdd(Brain(w + i + 8), Vector256.Load(x + i + 8), sum1);
                sum2 = Fma.MultiplyAdd(Brain(w + i + 16), Vector256.Load(x + i + 16), sum2);
                sum3 = Fma.MultiplyAdd(Brain(w + i + 24), Vector256.Load(x + i + 24), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++)
            {
                tail += BitConverter.UInt32BitsToSingle((uint)w[i] << 16) * x[i];
            }

            output[r] = Vector256.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Brain(ushort* values) =>
        Avx2.ShiftLeftLogical(Avx2.ConvertToVector256Int32(Vector128.Load(values)), 16).AsSingle();
}
