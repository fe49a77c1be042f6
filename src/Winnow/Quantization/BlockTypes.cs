using Winnow.Quantization.Blocks;
using Winnow.Quantization.Floats;
using Winnow.Quantization.Layouts;
using Winnow.Quantization.SuperBlocks;
using Winnow.Tensors;

namespace Winnow.Quantization;

/// <summary>The types that weights can have, one row each. A type that is not here is neither decoded nor multiplied with.</summary>
internal static unsafe class BlockTypes
{
    private static readonly BlockType[] Rows =
    [
        new(TensorType.F32, &F32.Decode, &F32.Encode, &Layout.Floats<F32>),
        new(TensorType.F16, &F16.Decode, &F16.Encode, &Layout.Floats512<F16>),
        new(TensorType.BF16, &BF16.Decode, &BF16.Encode, &Layout.Floats<BF16>),
        new(TensorType.Q4_0, &Q4_0.Decode, &Q4_0.Encode, &Layout.Blocks<Q4_0>),
        new(TensorType.Q4_1, &Q4_1.Decode, &Q4_1.Encode, &Layout.Blocks<Q4_1>),
        new(TensorType.Q5_0, &Q5_0.Decode, &Q5_0.Encode, &Layout.Blocks<Q5_0>),
        new(TensorType.Q5_1, &Q5_1.Decode, &Q5_1.Encode, &Layout.Blocks<Q5_1>),
        new(TensorType.Q8_0, &Q8_0.Decode, &Q8_0.Encode, &Layout.WideBlocks<Q8_0>),
        new(TensorType.Q2_K, &Q2_K.Decode, null, &Layout.SuperBlocksPer16<Q2_K>),
        new(TensorType.Q3_K, &Q3_K.Decode, null, &Layout.SuperBlocksPer16<Q3_K>),
        new(TensorType.Q4_K, &Q4_K.Decode, &Q4_K.Encode, &Layout.SuperBlocks<Q4_K>),
        new(TensorType.Q5_K, &Q5_K.Decode, &Q5_K.Encode, &Layout.SuperBlocks<Q5_K>),
        new(TensorType.Q6_K, &Q6_K.Decode, &Q6_K.Encode, &Layout.SuperBlocksPer16<Q6_K>),
    ];

    public static IReadOnlyList<BlockType> All => Rows;

    /// <summary>The row of a type; null where the type holds no real numbers or is not supported.</summary>
    public static BlockType? Find(TensorType type)
    {
        foreach (BlockType row in Rows)
        {
            if (row.Type == type)
            {
                return row;
            }
        }

        return null;
    }
}
