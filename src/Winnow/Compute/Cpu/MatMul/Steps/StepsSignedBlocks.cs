using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Rows of signed quants times one step or several, on every instruction set: activations are int16, as for Q8_0.</summary>
/// <remarks>
/// 256 weights are unpacked to the first-level cache, where all steps read them. Activations of eight bits would save nothing:
/// signed quants would need the signs of one factor moved to the other before they can be multiplied as bytes.
/// </remarks>
internal static unsafe class StepsSignedBlocks<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Of each step: even and odd parts.</summary>
    private const int Sums = 2;

    /// <summary>Weights that are unpacked at once: those of a record.</summary>
    private const int Group = Int16Per32Record.Length;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : ISignedBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums) + Group + (2 * 16 * sizeof(float))];
        sbyte* quants = (sbyte*)StepRows.Align(memory);
        float* scales = (float*)(quants + Group);
        float* factors = scales + 16;
        byte* sums = (byte*)(factors + 16);
        int vectorBytes = TLanes.Count * sizeof(int);
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = steps->Activations;
            new Span<byte>(sums, steps->Count * Sums * vectorBytes).Clear();
            for (int left = steps->Inputs; left > 0; left -= Group, record += steps->RecordStride)
            {
                RowPrefetch.Ask(block, Group / TBlock.Length * TBlock.Bytes);
                int count = Math.Min(left, Group);
                block = Unpack<TBlock>(block, count, quants, scales);
                byte* x = record;
                byte* sum = sums;
                for (int step = steps->Count; step > 0; step--, x += steps->TokenStride, sum += Sums * vectorBytes)
                {
                    Multiply<TBlock>(scales, (float*)(x + Int16Per32Record.Scales), factors);
                    TVector even = TLanes.Load(sum), odd = TLanes.Load(sum + vectorBytes);
                    for (int part = 0; part < count / 32; part++)
                    {
                        // Two sums in turn: one would wait for itself.
                        float* factor = factors + (TBlock.ScalesPer32 ? part : 2 * part);
                        TVector next = Add<TBlock>(even, quants + (32 * part), x + (64 * part), factor);
                        even = odd;
                        odd = next;
                    }

                    TLanes.Store(even, (float*)sum);
                    TLanes.Store(odd, (float*)(sum + vectorBytes));
                }
            }

            float* output = steps->Output + r;
            byte* done = sums;
            for (int step = steps->Count; step > 0; step--, output += steps->OutputStride, done += Sums * vectorBytes)
            {
                *output = TLanes.Total(TLanes.Plus(TLanes.Load(done), TLanes.Load(done + vectorBytes)));
            }
        }
    }

    /// <summary>Takes the blocks of up to 256 weights apart and returns the next one.</summary>
    /// <remarks>By itself: together with the products it is more than the JIT is willing to inline.</remarks>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static byte* Unpack<TBlock>(byte* block, int count, sbyte* quants, float* scales)
        where TBlock : ISignedBlock
    {
        for (; count > 0; count -= TBlock.Length, block += TBlock.Bytes, quants += TBlock.Length)
        {
            float d = HalfBits.ToSingle(TBlock.ScaleBits(block));
            if (TLanes.Count == Vector128<int>.Count)
            {
                TBlock.Unpack(block, d, quants, scales);
            }
            else
            {
                TBlock.Unpack256(block, d, quants, scales);
            }

            scales += TBlock.Length / (TBlock.ScalesPer32 ? 32 : 16);
        }

        return block;
    }

    /// <summary>The scales of weights times those of the 32 activations that they meet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TBlock>(float* scales, float* activations, float* factors)
        where TBlock : ISignedBlock
    {
        Vector128<float> low = Vector128.Load(activations), high = Vector128.Load(activations + 4);
        if (TBlock.ScalesPer32)
        {
            (Vector128.Load(scales) * low).Store(factors);
            (Vector128.Load(scales + 4) * high).Store(factors + 4);
            return;
        }

        (Vector128.Load(scales) * Vector128.Shuffle(low, Vector128.Create(0, 0, 1, 1))).Store(factors);
        (Vector128.Load(scales + 4) * Vector128.Shuffle(low, Vector128.Create(2, 2, 3, 3))).Store(factors + 4);
        (Vector128.Load(scales + 8) * Vector128.Shuffle(high, Vector128.Create(0, 0, 1, 1))).Store(factors + 8);
        (Vector128.Load(scales + 12) * Vector128.Shuffle(high, Vector128.Create(2, 2, 3, 3))).Store(factors + 12);
    }

    /// <summary>Adds the products of 32 weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Add<TBlock>(TVector sum, sbyte* quants, byte* activations, float* factors)
        where TBlock : ISignedBlock
    {
        int half = 16 * sizeof(short);
        if (TLanes.Count == 16)
        {
            TVector products = TLanes.AddPairs(TLanes.Zero, TLanes.LoadWidened(quants), TLanes.Load(activations));
            return TLanes.MultiplyAdd(TLanes.ToSingle(products), TBlock.ScalesPer32 ? TLanes.Broadcast(factors) : TLanes.Halves(factors), sum);
        }

        TVector low = Products16(TLanes.Zero, quants, activations);
        if (TBlock.ScalesPer32)
        {
            return TLanes.MultiplyAdd(TLanes.ToSingle(Products16(low, quants + 16, activations + half)), TLanes.Broadcast(factors), sum);
        }

        sum = TLanes.MultiplyAdd(TLanes.ToSingle(low), TLanes.Broadcast(factors), sum);
        TVector high = Products16(TLanes.Zero, quants + 16, activations + half);
        return TLanes.MultiplyAdd(TLanes.ToSingle(high), TLanes.Broadcast(factors + 1), sum);
    }

    /// <summary>Adds the products of 16 weights.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Products16(TVector sum, sbyte* quants, byte* activations)
    {
        sum = TLanes.AddPairs(sum, TLanes.LoadWidened(quants), TLanes.Load(activations));
        return TLanes.Count == 8 ? sum : TLanes.AddPairs(sum, TLanes.LoadWidened(quants + 8), TLanes.Load(activations + 16));
    }
}
