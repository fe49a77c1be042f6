using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Lanes;
using Winnow.Compute.Cpu.MatMul.Rows;
using Winnow.Compute.Cpu.MatMul.Steps;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Prompts;

/// <summary>
/// Rows of K-quants times a few tokens of a prompt, each with the bits that
/// <see cref="Panels.RegisterTile{TLanes, TMore, TVector}"/> gives it. Need AVX2.
/// </summary>
internal static unsafe class PromptsInt8Per256<TLanes>
    where TLanes : ILanes<Vector256<int>>
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rows<TBlock>(byte* row, long rowBytes, int rows, StepRows* tokens)
        where TBlock : ISuperBlock
    {
        byte* memory = stackalloc byte[SuperBlockTotals.SlotBytes * (StepRows.Most + 2)];
        byte* own = StepRows.Align(memory);
        byte* slots = own + SuperBlockTotals.SlotBytes;
        long tokenStride = tokens->TokenStride;
        for (int r = 0; r < rows; r++, row += rowBytes)
        {
            byte* block = row;
            byte* record = tokens->Activations;
            float* output = tokens->Output + r;
            for (int token = 0; token < tokens->Count; token++)
            {
                output[token * tokens->OutputStride] = 0;
            }

            for (int left = tokens->Inputs / 256; left > 0; left -= SuperBlockTotals.Blocks)
            {
                int count = Math.Min(left, SuperBlockTotals.Blocks);
                for (int b = 0; b < count; b++, block += TBlock.Bytes, record += tokens->RecordStride)
                {
                    RowPrefetch.Ask(block, TBlock.Bytes);
                    Vector256<byte> q0 = TBlock.Quants32(block, 0), q1 = TBlock.Quants32(block, 1);
                    Vector256<byte> q2 = TBlock.Quants32(block, 2), q3 = TBlock.Quants32(block, 3);
                    Vector256<byte> q4 = TBlock.Quants32(block, 4), q5 = TBlock.Quants32(block, 5);
                    Vector256<byte> q6 = TBlock.Quants32(block, 6), q7 = TBlock.Quants32(block, 7);
                    Vector256<short> factors = TBlock.Factors(block);
                    Vector256<int> scales = DotInt8Per256.Scales<TBlock>(factors).AsInt32();
                    Vector256<int> s0 = OneRow.Pick(scales, 0x0100), s1 = OneRow.Pick(scales, 0x0302);
                    Vector256<int> s2 = OneRow.Pick(scales, 0x0504), s3 = OneRow.Pick(scales, 0x0706);
                    Vector256<int> s4 = OneRow.Pick(scales, 0x0908), s5 = OneRow.Pick(scales, 0x0B0A);
                    Vector256<int> s6 = OneRow.Pick(scales, 0x0D0C), s7 = OneRow.Pick(scales, 0x0F0E);
                    SuperBlockTotals.KeepScales<TBlock>(own, b, block, factors);
                    byte* x = record;
                    byte* slot = slots;
                    for (int token = tokens->Count; token > 0; token--, x += tokenStride, slot += SuperBlockTotals.SlotBytes)
                    {
                        Vector256<int> even = Add(TLanes.Zero, q0, x, s0);
                        Vector256<int> odd = Add(TLanes.Zero, q1, x + 32, s1);
                        even = Add(even, q2, x + 64, s2);
                        odd = Add(odd, q3, x + 96, s3);
                        even = Add(even, q4, x + 128, s4);
                        odd = Add(odd, q5, x + 160, s5);
                        even = Add(even, q6, x + 192, s6);
                        odd = Add(odd, q7, x + 224, s7);
                        SuperBlockTotals.KeepProducts<TBlock>(slot, own, b, even + odd, x);
                    }
                }

                for (int token = 0; token < tokens->Count; token++)
                {
                    float* sum = output + (token * tokens->OutputStride);
                    *sum = SuperBlockTotals.Add<TBlock>(*sum, slots + (token * SuperBlockTotals.SlotBytes), own, count);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Add(Vector256<int> sum, Vector256<byte> quants, byte* activations, Vector256<int> scales) =>
        TLanes.AddPairs(sum, Avx2.MultiplyAddAdjacent(quants, Vector256.Load((sbyte*)activations)).AsInt32(), scales);
}
