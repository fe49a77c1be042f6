using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>Which type a mixture gives to each part of a model.</summary>
/// <param name="mix">The mixture.</param>
/// <param name="model">What the choice depends on.</param>
/// <param name="hasImportance">Whether an importance matrix is at hand.</param>
/// <param name="values">How many tensors hold values of attention.</param>
internal sealed class MixtureChoice(QuantizationMix mix, ModelTraits model, bool hasImportance, int values)
{
    /// <summary>Mixtures of less than three bits.</summary>
    private readonly bool _isTiny = mix is QuantizationMix.IQ2_XXS or QuantizationMix.IQ2_XS or QuantizationMix.IQ2_S
        or QuantizationMix.IQ2_M or QuantizationMix.IQ1_S or QuantizationMix.IQ1_M;

    /// <summary>The larger of them.</summary>
    private readonly bool _isTwoBitSmall = mix is QuantizationMix.IQ2_S or QuantizationMix.IQ2_M;

    /// <summary>Whether few heads of values serve many queries: they take few bytes.</summary>
    private readonly bool _sharesValues = model.QueriesPerKey >= 4;

    /// <summary>The type of a matrix, before it is known whether blocks divide its rows.</summary>
    /// <param name="part">What it is.</param>
    /// <param name="type">The mixture's own type.</param>
    /// <param name="tensor">The matrix.</param>
    /// <param name="rank">How many of the same part come before it.</param>
    /// <param name="layer">The number of its layer.</param>
    public TensorType Of(TensorPart part, TensorType type, TensorDescription tensor, int rank, int layer)
    {
        if (part == TensorPart.Output)
        {
            return OfOutput(type, tensor.Columns);
        }

        if (mix == QuantizationMix.MXFP4_MOE)
        {
            return tensor.Shape.Count > 2 ? TensorType.MXFP4 : TensorType.Q8_0;
        }

        if (part == TensorPart.Embedding)
        {
            return OfEmbedding(type);
        }

        // Beside several experts, ranks run through tensors whose order is not that of the layers.
        int place = model.Experts > 1 ? layer : rank;
        return _isTiny ? OfTiny(part, type, rank) : part switch
        {
            TensorPart.Value => OfValue(type, rank),
            TensorPart.Key => OfKey(type),
            TensorPart.Query => mix switch
            {
                QuantizationMix.IQ3_XS => TensorType.IQ3_XXS,
                QuantizationMix.IQ3_XXS => TensorType.IQ2_S,
                _ => type,
            },
            TensorPart.Down => OfDown(type, place),
            TensorPart.AttentionOutput => OfAttentionOutput(type),
            TensorPart.Gate or TensorPart.Up => mix == QuantizationMix.IQ3_XS && place >= model.Layers / 8 && place < 7 * model.Layers / 8
                ? TensorType.IQ3_XXS
                : type,
            _ => type,
        };
    }

    private static bool IsWorthMoreBits(int layer, int layers) =>
        layer < layers / 8 || layer >= 7 * layers / 8 || (layer - layers / 8) % 3 == 2;

    private TensorType OfOutput(TensorType type, long columns) =>
        mix == QuantizationMix.MXFP4_MOE || columns % type.BlockLength() != 0 || type == TensorType.Q8_0 ? TensorType.Q8_0
        : _isTiny || mix == QuantizationMix.IQ3_XXS ? TensorType.Q5_K
        : TensorType.Q6_K;

    private TensorType OfEmbedding(TensorType type) => mix switch
    {
        QuantizationMix.IQ2_XXS or QuantizationMix.IQ2_XS or QuantizationMix.IQ1_S or QuantizationMix.IQ1_M => TensorType.Q2_K,
        QuantizationMix.IQ2_S or QuantizationMix.IQ2_M or QuantizationMix.IQ3_XXS => TensorType.IQ3_S,
        QuantizationMix.TQ1_0 or QuantizationMix.TQ2_0 or QuantizationMix.Q2_0 => TensorType.Q4_K,
        _ => type,
    };

    private TensorType OfTiny(TensorPart part, TensorType type, int rank)
    {
        TensorType larger = _isTwoBitSmall ? TensorType.IQ3_S : TensorType.Q2_K;
        return part switch
        {
            TensorPart.Value => _sharesValues || model.Experts >= 4 ? TensorType.Q4_K : larger,
            TensorPart.Key when model.Experts == 8 => TensorType.Q4_K,
            TensorPart.Down when rank < model.Layers / 8 => larger,
            TensorPart.AttentionOutput when model.Experts == 8 => TensorType.Q5_K,
            TensorPart.AttentionOutput when mix is QuantizationMix.IQ1_S or QuantizationMix.IQ1_M => TensorType.IQ2_XXS,
            TensorPart.AttentionOutput when _isTwoBitSmall => TensorType.IQ3_S,
            _ => type,
        };
    }

    private TensorType OfValue(TensorType type, int rank)
    {
        type = mix switch
        {
            QuantizationMix.Q2_K => _sharesValues ? TensorType.Q4_K : TensorType.Q3_K,
            QuantizationMix.Q2_K_S when _sharesValues => TensorType.Q4_K,
            QuantizationMix.IQ3_XXS => _sharesValues ? TensorType.Q4_K : hasImportance ? TensorType.IQ3_XXS : TensorType.IQ3_S,
            QuantizationMix.IQ3_XS or QuantizationMix.IQ3_S when _sharesValues => TensorType.Q4_K,
            QuantizationMix.IQ3_M => TensorType.Q4_K,
            QuantizationMix.Q3_K_M => rank < 2 ? TensorType.Q5_K : TensorType.Q4_K,
            QuantizationMix.Q3_K_L => TensorType.Q5_K,
            QuantizationMix.IQ4_NL or QuantizationMix.IQ4_XS when _sharesValues => TensorType.Q5_K,
            QuantizationMix.Q4_K_M or QuantizationMix.Q5_K_M when IsWorthMoreBits(rank, values) => TensorType.Q6_K,
            QuantizationMix.Q4_K_S when rank < 4 => TensorType.Q5_K,
            _ => type,
        };

        // Eight query heads share these values: few bytes, much influence.
        if (model.Is70B && type is TensorType.Q3_K or TensorType.Q4_K)
        {
            type = TensorType.Q5_K;
        }

        return model.Experts == 8 ? TensorType.Q8_0 : type;
    }

    private TensorType OfKey(TensorType type) => mix switch
    {
        _ when model.Experts == 8 => TensorType.Q8_0,
        QuantizationMix.IQ3_XS => TensorType.IQ3_XXS,
        QuantizationMix.IQ3_XXS => TensorType.IQ2_S,
        _ => type,
    };

    private TensorType OfDown(TensorType type, int layer)
    {
        bool isEarly = layer < model.Layers / 8;
        return mix switch
        {
            QuantizationMix.Q2_K => TensorType.Q3_K,
            QuantizationMix.Q2_K_S when isEarly => TensorType.Q4_K,
            QuantizationMix.IQ3_XXS when !hasImportance => isEarly ? TensorType.Q4_K : TensorType.Q3_K,
            QuantizationMix.Q3_K_M => layer < model.Layers / 16 ? TensorType.Q5_K : TensorType.Q4_K,
            QuantizationMix.IQ3_M when isEarly || (model.Experts == 8 && IsWorthMoreBits(layer, model.Layers)) => TensorType.Q4_K,
            QuantizationMix.Q3_K_L => TensorType.Q5_K,
            QuantizationMix.Q4_K_M or QuantizationMix.Q5_K_M when IsWorthMoreBits(layer, model.Layers) => TensorType.Q6_K,
            QuantizationMix.IQ4_NL or QuantizationMix.IQ4_XS when isEarly && !hasImportance => TensorType.Q5_K,
            QuantizationMix.Q4_K_S when isEarly => TensorType.Q5_K,
            QuantizationMix.Q4_0 when isEarly && hasImportance => TensorType.Q4_1,
            QuantizationMix.Q5_0 when isEarly && hasImportance => TensorType.Q5_1,
            _ => type,
        };
    }

    private TensorType OfAttentionOutput(TensorType type)
    {
        if (model.Experts == 8)
        {
            return mix is QuantizationMix.Q2_K or QuantizationMix.IQ3_XS or QuantizationMix.IQ3_XXS or QuantizationMix.Q3_K_S
                or QuantizationMix.Q3_K_M or QuantizationMix.IQ4_NL or QuantizationMix.Q4_K_S or QuantizationMix.Q4_K_M
                or QuantizationMix.IQ3_S or QuantizationMix.IQ3_M or QuantizationMix.IQ4_XS
                ? TensorType.Q5_K
                : type;
        }

        return mix switch
        {
            QuantizationMix.Q2_K => TensorType.Q3_K,
            QuantizationMix.IQ3_XXS => TensorType.IQ3_S,
            QuantizationMix.Q3_K_M or QuantizationMix.IQ3_M => TensorType.Q4_K,
            QuantizationMix.Q3_K_L => TensorType.Q5_K,
            _ => type,
        };
    }
}
