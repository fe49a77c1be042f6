using Winnow.Quantization.Blocks;
using Winnow.Quantization.Floats;
using Winnow.Quantization.Layouts;
using Winnow.Quantization.SignedBlocks;
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
        new(TensorType.F64, &PlainNumber<double>.Decode, null, &Layout.Floats<PlainNumber<double>>),
        new(TensorType.I8, &PlainNumber<sbyte>.Decode, null, &Layout.Floats<PlainNumber<sbyte>>),
        new(TensorType.I16, &PlainNumber<short>.Decode, null, &Layout.Floats<PlainNumber<short>>),
        new(TensorType.I32, &PlainNumber<int>.Decode, null, &Layout.Floats<PlainNumber<int>>),
        new(TensorType.I64, &PlainNumber<long>.Decode, null, &Layout.Floats<PlainNumber<long>>),
        new(TensorType.Q4_0, &Q4_0.Decode, &Q4_0.Encode, &Layout.Blocks<Q4_0>),
        new(TensorType.Q4_1, &Q4_1.Decode, &Q4_1.Encode, &Layout.Blocks<Q4_1>),
        new(TensorType.Q5_0, &Q5_0.Decode, &Q5_0.Encode, &Layout.Blocks<Q5_0>),
        new(TensorType.Q5_1, &Q5_1.Decode, &Q5_1.Encode, &Layout.Blocks<Q5_1>),
        new(TensorType.Q8_0, &Q8_0.Decode, &Q8_0.Encode, &Layout.WideBlocks<Q8_0>),
        new(TensorType.Q2_K, &Q2_K.Decode, &Q2_K.Encode, &Layout.SuperBlocksPer16<Q2_K>),
        new(TensorType.Q3_K, &Q3_K.Decode, &Q3_K.Encode, &Layout.SuperBlocksPer16<Q3_K>),
        new(TensorType.Q4_K, &Q4_K.Decode, &Q4_K.Encode, &Layout.SuperBlocks<Q4_K>),
        new(TensorType.Q5_K, &Q5_K.Decode, &Q5_K.Encode, &Layout.SuperBlocks<Q5_K>),
        new(TensorType.Q6_K, &Q6_K.Decode, &Q6_K.Encode, &Layout.SuperBlocksPer16<Q6_K>),
        new(TensorType.Q8_K, &SignedBlockCodec.Decode<Q8_K>, null, &Layout.SignedBlocks<Q8_K>),
        new(TensorType.IQ4_NL, &SignedBlockCodec.Decode<IQ4_NL>, &IQ4_NL.Encode, &Layout.SignedBlocks<IQ4_NL>),
        new(TensorType.IQ4_XS, &SignedBlockCodec.Decode<IQ4_XS>, &IQ4_XS.Encode, &Layout.SignedBlocks<IQ4_XS>),
        new(TensorType.IQ3_XXS, &SignedBlockCodec.Decode<IQ3_XXS>, &IQ3_XXS.Encode, &Layout.SignedBlocks<IQ3_XXS>),
        new(TensorType.IQ3_S, &SignedBlockCodec.Decode<IQ3_S>, &IQ3_S.Encode, &Layout.SignedBlocks<IQ3_S>),
        new(TensorType.IQ2_XXS, &SignedBlockCodec.Decode<IQ2_XXS>, &IQ2_XXS.Encode, &Layout.SignedBlocks<IQ2_XXS>),
        new(TensorType.IQ2_XS, &SignedBlockCodec.Decode<IQ2_XS>, &IQ2_XS.Encode, &Layout.SignedBlocks<IQ2_XS>),
        new(TensorType.IQ2_S, &SignedBlockCodec.Decode<IQ2_S>, &IQ2_S.Encode, &Layout.SignedBlocks<IQ2_S>),
        new(TensorType.IQ1_S, &SignedBlockCodec.Decode<IQ1_S>, &IQ1_S.Encode, &Layout.SignedBlocks<IQ1_S>),
        new(TensorType.IQ1_M, &SignedBlockCodec.Decode<IQ1_M>, &IQ1_M.Encode, &Layout.SignedBlocks<IQ1_M>),
        new(TensorType.TQ1_0, &SignedBlockCodec.Decode<TQ1_0>, &TQ1_0.Encode, &Layout.SignedBlocks<TQ1_0>),
        new(TensorType.TQ2_0, &SignedBlockCodec.Decode<TQ2_0>, &TQ2_0.Encode, &Layout.SignedBlocks<TQ2_0>),
        new(TensorType.MXFP4, &SignedBlockCodec.Decode<MXFP4>, &MXFP4.Encode, &Layout.SignedBlocks<MXFP4>),
        new(TensorType.NVFP4, &SignedBlockCodec.Decode<NVFP4>, &NVFP4.Encode, &Layout.SignedBlocks<NVFP4>),
        new(TensorType.Q1_0, &SignedBlockCodec.Decode<Q1_0>, &Q1_0.Encode, &Layout.SignedBlocks<Q1_0>),
        new(TensorType.Q2_0, &SignedBlockCodec.Decode<Q2_0>, &Q2_0.Encode, &Layout.SignedBlocks<Q2_0>),
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
