using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Rows;

/// <summary>Rows times one activation row in vectors of 512 bits, for processors whose units are that wide. Need AVX-512.</summary>
/// <remarks>
/// The arithmetic is that of <see cref="DotInt8Per256"/>, <see cref="DotInt8Per32"/>, <see cref="DotInt16Per32"/> and
/// <see cref="DotFloat"/>, over twice the inputs at a time. On Zen 5 it goes through cached rows 1.2 times (Q4_0), 1.3 times (Q6_K) and
/// 1.9 times (F16) as fast; one thread decodes Q8_0 from memory 1.06 times as fast, two are bound by memory. K-quants with scales per 32
/// stay with 256 bits: from memory, 512 were a twentieth slower.
/// </remarks>
internal static unsafe class Dot512
{
    /// <summary>K-quants with scales per 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SuperBlockRows<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : ISuperBlockPer16
    {
        int blocks = inputs / 256;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = activations;
            Vector512<float> sum = Vector512<float>.Zero;
            Vector256<float> offset = Vector256<float>.Zero;
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                Vector256<short> factors = TBlock.Factors(block);
                Vector512<short> scales = factors.ToVector512Unsafe();
                Vector512<int> even = Scaled(TBlock.Quants64(block, 0), record, FactorsOf(scales, 0));
                Vector512<int> odd = Scaled(TBlock.Quants64(block, 1), record + 64, FactorsOf(scales, 1));
                even += Scaled(TBlock.Quants64(block, 2), record + 128, FactorsOf(scales, 2));
                odd += Scaled(TBlock.Quants64(block, 3), record + 192, FactorsOf(scales, 3));

                Vector128<float> d = TBlock.Multipliers(block) * Vector128.Create(*(float*)(record + Int8Per256Record.Scale));
                sum = Avx512F.FusedMultiplyAdd(Avx512F.ConvertToVector512Single(even + odd), Avx512F.BroadcastScalarToVector512(d), sum);
                offset = Fma.MultiplyAdd(
                    Avx.ConvertToVector256Single(DotInt8Per256.Offsets<TBlock>(block, factors, record)),
                    Avx2.BroadcastScalarToVector256(Sse.Shuffle(d, d, 0b01)),
                    offset);
            }

            output[r] = Vector256.Sum(sum.GetLower() + sum.GetUpper() - offset);
        }
    }

    /// <summary>Blocks of 32 quants of up to five bits: Σ (d·q + m)·a = d · Σ q·a + m · Σ a.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BlockRows<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IBlock
    {
        int groups = inputs / 256;
        int rest = inputs % 256 / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector512<float> even = Vector512<float>.Zero;
            Vector512<float> odd = Vector512<float>.Zero;
            Vector256<float> offset = Vector256<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                Vector256<float> d = TBlock.Scales8(block);
                Vector256<float> m = TBlock.HasMinimum ? TBlock.Minima8(block) : d;
                offset = Fma.MultiplyAdd(m, Vector256.Load((float*)(record + Int8Per32Record.Sums)), offset);
                Vector512<float> scales = (d * Vector256.Load((float*)(record + Int8Per32Record.Scales))).ToVector512Unsafe();
                even = Avx512F.FusedMultiplyAdd(Products(TBlock.Quants64(block), record), Pair(scales, 0), even);
                odd = Avx512F.FusedMultiplyAdd(Products(TBlock.Quants64(block + (2 * TBlock.Bytes)), record + 64), Pair(scales, 2), odd);
                even = Avx512F.FusedMultiplyAdd(Products(TBlock.Quants64(block + (4 * TBlock.Bytes)), record + 128), Pair(scales, 4), even);
                odd = Avx512F.FusedMultiplyAdd(Products(TBlock.Quants64(block + (6 * TBlock.Bytes)), record + 192), Pair(scales, 6), odd);
            }

            even += odd;
            Vector256<float> sum = even.GetLower() + even.GetUpper();
            for (int i = 0; i < rest; i++, block += TBlock.Bytes)
            {
                float d = TBlock.Scale(block);
                float m = TBlock.HasMinimum ? TBlock.Minimum(block) : d;
                offset += Vector256.CreateScalar(m * ((float*)(record + Int8Per32Record.Sums))[i]);
                Vector256<float> scale = Vector256.Create(d * ((float*)(record + Int8Per32Record.Scales))[i]);
                sum = Fma.MultiplyAdd(DotInt8Per32.Products<Lanes256>(TBlock.Quants32(block), record + (32 * i)), scale, sum);
            }

            // Without a minimum, d itself was summed: the offset is half the range of the quants.
            float factor = TBlock.HasMinimum ? 1 : -(1 << (TBlock.Bits - 1));
            output[r] = Vector256.Sum(Fma.MultiplyAdd(offset, Vector256.Create(factor), sum));
        }
    }

    /// <summary>Quants of eight bits times activations of sixteen.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WideBlockRows<TBlock>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TBlock : IWideBlock
    {
        int groups = inputs / 256;
        int rest = inputs % 256 / 32;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            Vector512<float> even = Vector512<float>.Zero;
            Vector512<float> odd = Vector512<float>.Zero;
            byte* block = row;
            byte* record = activations;
            for (int g = 0; g < groups; g++, block += 8 * TBlock.Bytes, record += stride)
            {
                RowPrefetch.Ask(block, 8 * TBlock.Bytes);
                Vector512<float> d =
                    (TBlock.Scales8(block) * Vector256.Load((float*)(record + Int16Per32Record.Scales))).ToVector512Unsafe();
                even = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block), record), One(d, 0), even);
                odd = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + TBlock.Bytes), record + 64), One(d, 1), odd);
                even = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (2 * TBlock.Bytes)), record + 128), One(d, 2), even);
                odd = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (3 * TBlock.Bytes)), record + 192), One(d, 3), odd);
                even = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (4 * TBlock.Bytes)), record + 256), One(d, 4), even);
                odd = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (5 * TBlock.Bytes)), record + 320), One(d, 5), odd);
                even = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (6 * TBlock.Bytes)), record + 384), One(d, 6), even);
                odd = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block + (7 * TBlock.Bytes)), record + 448), One(d, 7), odd);
            }

            for (int i = 0; i < rest; i++, block += TBlock.Bytes)
            {
                float d = TBlock.Scale(block) * ((float*)(record + Int16Per32Record.Scales))[i];
                even = Avx512F.FusedMultiplyAdd(WideProducts(TBlock.Quants(block), record + (64 * i)), Vector512.Create(d), even);
            }

            output[r] = Vector512.Sum(even + odd);
        }
    }

    /// <summary>Float weights, f32 activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FloatRows<TElement>(byte* row, long rowBytes, int rows, byte* activations, long stride, int inputs, float* output)
        where TElement : IFloatElement512
    {
        float* x = (float*)activations;
        int whole = inputs & ~63;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* w = row;
            Vector512<float> sum0 = Vector512<float>.Zero, sum1 = sum0, sum2 = sum0, sum3 = sum0;
            for (int i = 0; i < whole; i += 64, w += 64 * TElement.Bytes)
            {
                RowPrefetch.Ask(w, 64 * TElement.Bytes);
                sum0 = Avx512F.FusedMultiplyAdd(TElement.Load16(w), Vector512.Load(x + i), sum0);
                sum1 = Avx512F.FusedMultiplyAdd(TElement.Load16(w + (16 * TElement.Bytes)), Vector512.Load(x + i + 16), sum1);
                sum2 = Avx512F.FusedMultiplyAdd(TElement.Load16(w + (32 * TElement.Bytes)), Vector512.Load(x + i + 32), sum2);
                sum3 = Avx512F.FusedMultiplyAdd(TElement.Load16(w + (48 * TElement.Bytes)), Vector512.Load(x + i + 48), sum3);
            }

            float tail = 0;
            for (int i = whole; i < inputs; i++, w += TElement.Bytes)
            {
                tail += TElement.Load(w) * x[i];
            }

            output[r] = Vector512.Sum(sum0 + sum1 + (sum2 + sum3)) + tail;
        }
    }

    /// <summary>For each pair of inputs of a quarter block the factor that it is multiplied with.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> FactorsOf(Vector512<short> factors, int part) => Avx512BW.PermuteVar32x16(
        factors,
        Vector512.Create((short)0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3)
            + Vector512.Create((short)(4 * part)));

    /// <summary>64 products, summed by fours, times their factors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Scaled(Vector512<byte> quants, byte* activations, Vector512<short> factors) =>
        Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(quants, Vector512.Load((sbyte*)activations)), factors);

    /// <summary>Two neighbouring elements, each in half of the lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Pair(Vector512<float> values, int first) =>
        Avx512F.PermuteVar16x32(values, Vector512.Create(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1) + Vector512.Create(first));

    /// <summary>One element in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> One(Vector512<float> values, int index) => Avx512F.PermuteVar16x32(values, Vector512.Create(index));

    /// <summary>32 products of int8 and int16, summed by twos.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> WideProducts(sbyte* quants, byte* activations) => Avx512F.ConvertToVector512Single(
        Avx512BW.MultiplyAddAdjacent(Avx512BW.ConvertToVector512Int16(Vector256.Load(quants)), Vector512.Load((short*)activations)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Products(Vector512<byte> quants, byte* activations) => Avx512F.ConvertToVector512Single(
        Avx512BW.MultiplyAddAdjacent(Avx512BW.MultiplyAddAdjacent(quants, Vector512.Load((sbyte*)activations)), Vector512<short>.One));
}
