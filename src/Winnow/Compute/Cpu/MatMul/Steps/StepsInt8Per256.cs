using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Rows of K-quants times several steps, each with the bits of <see cref="DotInt8Per256"/>. Need AVX2.</summary>
/// <remarks>
/// A block is taken apart once, into registers, and goes through all steps. The lanes of a row and the order of its f32 sums are
/// those of a single step; only the integers are summed in another order, which changes nothing.
/// </remarks>
internal static unsafe class StepsInt8Per256<TRows, TLanes, TVector>
    where TRows : IRowVector<TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    private const int Sums = 2;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : ISuperBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums)];
        byte* sums = StepRows.Align(memory);
        int vectorBytes = TLanes.Count * sizeof(int);
        int blocks = steps->Inputs / 256;
        long tokenStride = steps->TokenStride;
        for (int r = 0; r < rows; r += TRows.Count, row += TRows.Count * rowBytes)
        {
            // The last row stands for the one that is missing beside it.
            long second = r + 1 < rows ? rowBytes : 0;
            byte* block = row;
            byte* record = steps->Activations;
            new Span<byte>(sums, steps->Count * Sums * vectorBytes).Clear();
            for (int b = 0; b < blocks; b++, block += TBlock.Bytes, record += steps->RecordStride)
            {
                RowPrefetch.Ask(block, TBlock.Bytes);
                if (TRows.Count == 2)
                {
                    RowPrefetch.Ask(block + second, TBlock.Bytes);
                }

                TVector q0 = Quants<TBlock>(block, second, 0), q1 = Quants<TBlock>(block, second, 1);
                TVector q2 = Quants<TBlock>(block, second, 2), q3 = Quants<TBlock>(block, second, 3);
                TVector q4 = Quants<TBlock>(block, second, 4), q5 = Quants<TBlock>(block, second, 5);
                TVector q6 = Quants<TBlock>(block, second, 6), q7 = Quants<TBlock>(block, second, 7);

                Vector256<short> factors = TBlock.Factors(block);
                Vector256<short> others = TRows.Count == 2 ? TBlock.Factors(block + second) : factors;
                TVector minima = TRows.Join(
                    TBlock.Minima(block, factors).AsInt32(), TBlock.Minima(block + second, others).AsInt32());
                TVector scales = TRows.Join(
                    DotInt8Per256.Scales<TBlock>(factors).AsInt32(), DotInt8Per256.Scales<TBlock>(others).AsInt32());
                TVector s0 = TRows.Pick(scales, 0x0100), s1 = TRows.Pick(scales, 0x0302);
                TVector s2 = TRows.Pick(scales, 0x0504), s3 = TRows.Pick(scales, 0x0706);
                TVector s4 = TRows.Pick(scales, 0x0908), s5 = TRows.Pick(scales, 0x0B0A);
                TVector s6 = TRows.Pick(scales, 0x0D0C), s7 = TRows.Pick(scales, 0x0F0E);

                Vector128<float> multipliers = TBlock.Multipliers(block);
                Vector128<float> otherMultipliers = TRows.Count == 2 ? TBlock.Multipliers(block + second) : multipliers;
                TVector d = TRows.Join(First(multipliers), First(otherMultipliers));
                TVector m = TRows.Join(Second(multipliers), Second(otherMultipliers));

                byte* x = record;
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += tokenStride, sum += Sums * vectorBytes)
                {
                    TVector total = Add(TLanes.Zero, q0, x, s0);
                    total = Add(total, q1, x + 32, s1);
                    total = Add(total, q2, x + 64, s2);
                    total = Add(total, q3, x + 96, s3);
                    total = Add(total, q4, x + 128, s4);
                    total = Add(total, q5, x + 160, s5);
                    total = Add(total, q6, x + 192, s6);
                    total = Add(total, q7, x + 224, s7);

                    TVector scale = TLanes.Broadcast(x + Int8Per256Record.Scale);
                    TVector products = TLanes.MultiplyAdd(TLanes.ToSingle(total), TLanes.Multiply(d, scale), TLanes.Load(sum));
                    TLanes.Store(products, (float*)sum);
                    byte* sumsOfActivations = x + (TBlock.ScalesPer32 ? Int8Per256Record.Sums32Behind : Int8Per256Record.Sums16);
                    TVector offset = TLanes.ToSingle(TLanes.AddPairs(TLanes.Zero, minima, TRows.Repeat(sumsOfActivations)));
                    offset = TLanes.MultiplyAdd(offset, TLanes.Multiply(m, scale), TLanes.Load(sum + vectorBytes));
                    TLanes.Store(offset, (float*)(sum + vectorBytes));
                }
            }

            float* output = steps->Output + r;
            byte* done = sums;
            for (int step = steps->Count; step > 0; step--, output += steps->OutputStride, done += Sums * vectorBytes)
            {
                TVector sum = TLanes.Load(done), offset = TLanes.Load(done + vectorBytes);
                output[0] = Vector256.Sum(TRows.Row(sum, 0).AsSingle() - TRows.Row(offset, 0).AsSingle());
                if (TRows.Count == 2 && second > 0)
                {
                    output[1] = Vector256.Sum(TRows.Row(sum, 1).AsSingle() - TRows.Row(offset, 1).AsSingle());
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Quants<TBlock>(byte* block, long second, int part)
        where TBlock : ISuperBlock
    {
        Vector256<int> quants = TBlock.Quants32(block, part).AsInt32();
        return TRows.Join(quants, TRows.Count == 2 ? TBlock.Quants32(block + second, part).AsInt32() : quants);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add(TVector sum, TVector quants, byte* activations, TVector scales) =>
        TLanes.AddPairs(sum, TRows.Pairs(quants, TRows.Repeat(activations)), scales);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> First(Vector128<float> multipliers) => Avx2.BroadcastScalarToVector256(multipliers).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Second(Vector128<float> multipliers) =>
        Avx2.BroadcastScalarToVector256(Sse.Shuffle(multipliers, multipliers, 0b01)).AsInt32();
}
