using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Winnow.Compute.Cpu.MatMul;

/// <summary>Rows of Q8_0 times one activation row of <see cref="Int16Per32Record"/>. Needs AVX2; as <see cref="DotInt8Per32"/> otherwise.</summary>
internal static unsafe class DotInt16Per32
{
    /// <summary>Q8_0: d, quants[32].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TLanes>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TLanes : ILanes<Vector256<int>>
    {
        const int Bytes = 34;
        int groups = inputs / 256;
        int rest = inputs % 256 / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector256<float> even = Vector256<float>.Zero;
            Vector256<float> odd = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int g = 0; g < groups; g++, block += 8 * Bytes, record += stride)
            {
                RowPrefetch.Ask(block, 8 * Bytes);
                Vector256<float> d = DotInt8Per32.EightHalves(block, Bytes) * Vector256.Load((float*)(record + Int16Per32Record.Scales));
                even = Fma.MultiplyAdd(Products<TLanes>(block + 2, record), DotInt8Per32.Pick(d, 0), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(block + Bytes + 2, record + 64), DotInt8Per32.Pick(d, 1), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(block + (2 * Bytes) + 2, record + 128), DotInt8Per32.Pick(d, 2), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(block + (3 * Bytes) + 2, record + 192), DotInt8Per32.Pick(d, 3), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(block + (4 * Bytes) + 2, record + 256), DotInt8Per32.Pick(d, 4), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(block + (5 * Bytes) + 2, record + 320), DotInt8Per32.Pick(d, 5), odd);
                even = Fma.MultiplyAdd(Products<TLanes>(block + (6 * Bytes) + 2, record + 384), DotInt8Per32.Pick(d, 6), even);
                odd = Fma.MultiplyAdd(Products<TLanes>(block + (7 * Bytes) + 2, record + 448), DotInt8Per32.Pick(d, 7), odd);
            }

            for (int i = 0; i < rest; i++, block += Bytes)
            {
                float d = HalfBits.ToSingle(*(ushort*)block) * ((float*)(record + Int16Per32Record.Scales))[i];
                even = Fma.MultiplyAdd(Products<TLanes>(block + 2, record + (64 * i)), Vector256.Create(d), even);
            }

            output[r] = Vector256.Sum(even + odd);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Products<TLanes>(byte* quants, byte* activations)
        where TLanes : ILanes<Vector256<int>>
    {
        Vector256<int> sum = TLanes.AddPairs(TLanes.Zero, Avx2.ConvertToVector256Int16((sbyte*)quants).AsInt32(), TLanes.Load(activations));
        return Avx.ConvertToVector256Single(
            TLanes.AddPairs(sum, Avx2.ConvertToVector256Int16((sbyte*)quants + 16).AsInt32(), TLanes.Load(activations + 32)));
    }
}
