using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Winnow.Compute.Cpu.MatMul.Records;
using Winnow.Quantization.Layouts;

namespace Winnow.Compute.Cpu.MatMul.Prompts;

/// <summary>
/// Sums of blocks of 256 in the order of <see cref="Panels.RegisterTile{TLanes, TMore, TVector}"/>. What belongs to neighbouring blocks
/// waits in slots, one for the weight's row and one for each token, until the lanes of eight blocks can be summed up at once. Needs
/// AVX2 and FMA.
/// </summary>
internal static unsafe class SuperBlockTotals
{
    /// <summary>The most blocks that a slot holds.</summary>
    public const int Blocks = 8;

    /// <summary>Bytes of a slot.</summary>
    public const int SlotBytes = MinimumScales + (Blocks * sizeof(float));

    /// <summary>
    /// int32[8] of each block of a token, from the slot's beginning: quants times activations times scales. There the row's slot has
    /// room for a token's blocks when they are added.
    /// </summary>
    private const int ProductBytes = 32;

    /// <summary>int16[16] of each block, int16[8] where scales belong to 32: a token's sums of activations, the row's minima.</summary>
    private const int Pairs = Blocks * ProductBytes;

    /// <summary>f32 of each block: the scale of a token's activations, the row's d.</summary>
    private const int Scales = Pairs + (Blocks * 32);

    /// <summary>f32 of each block: the row's −m.</summary>
    private const int MinimumScales = Scales + (Blocks * sizeof(float));

    /// <summary>Puts the scales of a block into the row's slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KeepScales<TBlock>(byte* slot, int index, byte* block, Vector256<short> factors)
        where TBlock : ISuperBlock
    {
        Vector256<short> minima = TBlock.Minima(block, factors);
        if (TBlock.ScalesPer32)
        {
            minima.GetUpper().Store((short*)PairsOf<TBlock>(slot, index));
        }
        else
        {
            (IsCentred<TBlock>() ? minima * Vector256.Create((short)-TBlock.Centre) : minima).Store((short*)PairsOf<TBlock>(slot, index));
        }

        Vector128<float> multipliers = TBlock.Multipliers(block);
        ((float*)(slot + Scales))[index] = multipliers.ToScalar();
        if (!IsCentred<TBlock>())
        {
            ((float*)(slot + MinimumScales))[index] = -multipliers.GetElement(1);
        }
    }

    /// <summary>Puts what a block is multiplied with into a token's slot.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="row">The row's slot.</param>
    /// <param name="index">Which block of the slot.</param>
    /// <param name="products">Quants times activations times scales, in any order.</param>
    /// <param name="record">The token's activations.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KeepProducts<TBlock>(byte* slot, byte* row, int index, Vector256<int> products, byte* record)
        where TBlock : ISuperBlock
    {
        ((float*)(slot + Scales))[index] = *(float*)(record + Int8Per256Record.Scale);
        if (IsCentred<TBlock>())
        {
            products += Avx2.MultiplyAddAdjacent(
                Vector256.Load((short*)PairsOf<TBlock>(row, index)), Vector256.Load((short*)(record + Int8Per256Record.Sums16)));
        }
        else if (TBlock.ScalesPer32)
        {
            Vector128.Load(record + Int8Per256Record.Sums32).Store(PairsOf<TBlock>(slot, index));
        }
        else
        {
            Vector256.Load(record + Int8Per256Record.Sums16).Store(PairsOf<TBlock>(slot, index));
        }

        products.Store((int*)(slot + (ProductBytes * index)));
    }

    /// <summary>Adds the blocks of a token's slot to a sum, one after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Add<TBlock>(float sum, byte* slot, byte* row, int count)
        where TBlock : ISuperBlock
    {
        float* values = (float*)row;
        float* factors = values + Blocks;
        float* subtracted = factors + Blocks;
        float* minima = subtracted + Blocks;
        int* products = (int*)slot;
        Avx.ConvertToVector256Single(BlockTotals.Of(
            Vector256.Load(products), Vector256.Load(products + 8), Vector256.Load(products + 16), Vector256.Load(products + 24),
            Vector256.Load(products + 32), Vector256.Load(products + 40), Vector256.Load(products + 48), Vector256.Load(products + 56))).Store(values);
        Vector256<float> scales = Vector256.Load((float*)(slot + Scales));
        (Vector256.Load((float*)(row + Scales)) * scales).Store(factors);
        if (IsCentred<TBlock>())
        {
            return BlockTotals.Add(sum, values, factors, count);
        }

        Avx.ConvertToVector256Single(TBlock.ScalesPer32
            ? Avx2.HorizontalAdd(
                Avx2.HorizontalAdd(Subtracted(slot, row, 0), Subtracted(slot, row, 1)),
                Avx2.HorizontalAdd(Subtracted(slot, row, 2), Subtracted(slot, row, 3)))
            : BlockTotals.Of(
                Subtracted(slot, row, 0), Subtracted(slot, row, 1), Subtracted(slot, row, 2), Subtracted(slot, row, 3),
                Subtracted(slot, row, 4), Subtracted(slot, row, 5), Subtracted(slot, row, 6), Subtracted(slot, row, 7))).Store(subtracted);
        (Vector256.Load((float*)(row + MinimumScales)) * scales).Store(minima);
        return BlockTotals.Add(sum, values, factors, subtracted, minima, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsCentred<TBlock>()
        where TBlock : ISuperBlock => TBlock.Centre != 0;

    /// <summary>Where those of a block are. Eight of them share 256 bits with those four blocks further, so that lanes are summed up in order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* PairsOf<TBlock>(byte* slot, int index)
        where TBlock : ISuperBlock => slot + Pairs + (TBlock.ScalesPer32 ? (32 * (index & 3)) + (16 * (index >> 2)) : 32 * index);

    /// <summary>Minima times sums of activations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Subtracted(byte* slot, byte* row, int index) => Avx2.MultiplyAddAdjacent(
        Vector256.Load((short*)(slot + Pairs + (32 * index))), Vector256.Load((short*)(row + Pairs + (32 * index))));
}
