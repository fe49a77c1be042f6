using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Quantization.Layouts;
using Winnow.Quantization.SignedBlocks;

namespace Winnow.Compute.Cpu.MatMul.Steps;

/// <summary>Rows of signed quants times one step or several, on every instruction set: activations are int16, as for Q8_0.</summary>
/// <remarks>
/// A chunk of a row is unpacked to the first-level cache, where all steps read it. Activations of eight bits would save nothing:
/// signed quants would need the signs of one factor moved to the other before they can be multiplied as bytes.
/// </remarks>
internal static unsafe class StepsSignedBlocks<TLanes, TVector>
    where TLanes : ILanes<TVector>
    where TVector : struct
{
    /// <summary>Of each step: even and odd parts.</summary>
    private const int Sums = 2;

    /// <summary>
    /// Weights that are unpacked before any is multiplied: enough that calls cost little and that what is stored has reached the cache
    /// before it is loaded in other pieces.
    /// </summary>
    private const int Chunk = 2048;

    /// <summary>Weights of a record.</summary>
    private const int Group = SignedGroup.Length;

    /// <summary>The most scales that a group has.</summary>
    private const int Scales = 16;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* steps)
        where TBlock : ISignedBlock
    {
        byte* memory = stackalloc byte[StepRows.SumBytes(Sums) + Chunk + (((Chunk / Group) + 1) * Scales * sizeof(float))];
        sbyte* quants = (sbyte*)StepRows.Align(memory);
        float* scales = (float*)(quants + Chunk);
        float* factors = scales + (Chunk / Group * Scales);
        byte* sums = (byte*)(factors + Scales);
        int vectorBytes = TLanes.Count * sizeof(int);
        long recordStride = steps->RecordStride;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = steps->Activations;
            for (int left = steps->Inputs; left > 0; left -= Chunk, record += Chunk / Group * recordStride)
            {
                int count = Math.Min(left, Chunk);
                block = Unpack<TBlock>(block, count, quants, scales);
                byte* x = record;
                byte* sum = sums;
                float* output = steps->Output + r;
                for (int step = steps->Count; step > 0; step--, x += steps->TokenStride, output += steps->OutputStride, sum += Sums * vectorBytes)
                {
                    // Two sums in turn: one would wait for itself.
                    bool isFirst = left == steps->Inputs;
                    TVector even = isFirst ? TLanes.Zero : TLanes.Load(sum);
                    TVector odd = isFirst ? TLanes.Zero : TLanes.Load(sum + vectorBytes);
                    sbyte* q = quants;
                    float* scale = scales;
                    byte* a = x;
                    int rest = count;
                    for (; rest >= Group; rest -= Group, q += Group, scale += Scales, a += recordStride)
                    {
                        Multiply<TBlock>(scale, (float*)(a + Int16Per32Record.Scales), factors);
                        int next = TBlock.ScalesPer32 ? 1 : 2;
                        even = Add<TBlock>(even, q, a, factors);
                        odd = Add<TBlock>(odd, q + 32, a + 64, factors + next);
                        even = Add<TBlock>(even, q + 64, a + 128, factors + (2 * next));
                        odd = Add<TBlock>(odd, q + 96, a + 192, factors + (3 * next));
                        even = Add<TBlock>(even, q + 128, a + 256, factors + (4 * next));
                        odd = Add<TBlock>(odd, q + 160, a + 320, factors + (5 * next));
                        even = Add<TBlock>(even, q + 192, a + 384, factors + (6 * next));
                        odd = Add<TBlock>(odd, q + 224, a + 448, factors + (7 * next));
                    }

                    if (rest > 0)
                    {
                        Multiply<TBlock>(scale, (float*)(a + Int16Per32Record.Scales), factors);
                        float* factor = factors;
                        for (; rest > 0; rest -= 32, q += 32, a += 64, factor += TBlock.ScalesPer32 ? 1 : 2)
                        {
                            even = Add<TBlock>(even, q, a, factor);
                        }
                    }

                    if (left > Chunk)
                    {
                        TLanes.Store(even, (float*)sum);
                        TLanes.Store(odd, (float*)(sum + vectorBytes));
                    }
                    else
                    {
                        *output = TLanes.Total(TLanes.Plus(even, odd));
                    }
                }
            }
        }
    }

    /// <summary>Takes the blocks of a chunk apart and returns the next one.</summary>
    /// <remarks>By itself: together with the products it is more than the JIT is willing to inline.</remarks>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static byte* Unpack<TBlock>(byte* block, int count, sbyte* quants, float* scales)
        where TBlock : ISignedBlock
    {
        for (; count >= Group; count -= Group, block += Group / TBlock.Length * TBlock.Bytes, quants += Group, scales += Scales)
        {
            RowPrefetch.Ask(block, Group / TBlock.Length * TBlock.Bytes);
            if (TLanes.Count == Vector128<int>.Count)
            {
                SignedGroup.Unpack<TBlock>(block, Group, quants, scales);
            }
            else if (TLanes.Count == Vector512<int>.Count)
            {
                TBlock.Unpack512(block, quants, scales);
            }
            else
            {
                TBlock.Unpack256(block, quants, scales);
            }
        }

        return SignedGroup.Unpack<TBlock>(block, count, quants, scales);
    }

    /// <summary>The scales of weights times those of the 32 activations that they meet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply<TBlock>(float* scales, float* activations, float* factors)
        where TBlock : ISignedBlock
    {
        if (TLanes.Count == Vector512<int>.Count)
        {
            Vector256<float> eight = Vector256.Load(activations);
            if (TBlock.ScalesPer32)
            {
                (Vector256.Load(scales) * eight).Store(factors);
                return;
            }

            Vector512<float> twice = Avx512F.PermuteVar16x32(
                eight.ToVector512Unsafe(), Vector512.Create(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7));
            (Vector512.Load(scales) * twice).Store(factors);
            return;
        }

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
