namespace Winnow.Models.Weights;

/// <summary>What kinds of tensors there are.</summary>
internal static class RoleKinds
{
    /// <summary>Roles that belong to no layer, but for the output and its norm.</summary>
    public static IReadOnlyList<TensorRole> Global { get; } =
    [
        TensorRole.Embedding, TensorRole.PositionEmbedding, TensorRole.EmbeddingNorm,
        TensorRole.PerLayerEmbedding, TensorRole.PerLayerModelProjection, TensorRole.PerLayerProjectionNorm,
    ];

    /// <summary>Whether only blocks with a state have the tensor.</summary>
    public static bool IsRecurrent(TensorRole role) => role
        is TensorRole.RecurrentInput or TensorRole.RecurrentGate or TensorRole.RecurrentRate or TensorRole.RecurrentDecay
        or TensorRole.RecurrentRateDecay or TensorRole.RecurrentQueryKeyValueGate
        or TensorRole.RecurrentQuery or TensorRole.RecurrentKey or TensorRole.RecurrentValue or TensorRole.RecurrentQueryKeyValue
        or TensorRole.Convolution or TensorRole.QueryConvolution or TensorRole.KeyConvolution or TensorRole.ValueConvolution
        or TensorRole.StateRate or TensorRole.StateSkip or TensorRole.StateSelection or TensorRole.StepProjection
        or TensorRole.StepNorm or TensorRole.StateKeyNorm or TensorRole.StateQueryNorm or TensorRole.StepBias
        or TensorRole.RecurrentNorm or TensorRole.RecurrentOutput;

    /// <summary>Whether the tensor is the weight of a norm.</summary>
    public static bool IsNorm(TensorRole role) => role
        is TensorRole.EmbeddingNorm or TensorRole.OutputNorm or TensorRole.AttentionNorm or TensorRole.QueryNorm or TensorRole.KeyNorm
        or TensorRole.LatentQueryNorm or TensorRole.LatentKeyValueNorm or TensorRole.AttentionSubNorm or TensorRole.FeedForwardSubNorm
        or TensorRole.PostAttentionNorm or TensorRole.ExpertNorm or TensorRole.PostExpertNorm or TensorRole.PostDenseNorm
        or TensorRole.PerLayerProjectionNorm or TensorRole.PerLayerPostNorm or TensorRole.FeedForwardNorm or TensorRole.PostFeedForwardNorm;

    /// <summary>Whether the tensor is a vector, or a few of them.</summary>
    public static bool IsVector(TensorRole role) => IsNorm(role) || role
        is TensorRole.AttentionSinks or TensorRole.RouterCorrection or TensorRole.RouterNorm or TensorRole.ExpertScale or TensorRole.LayerScale;

    /// <summary>What the name of a vector ends with in GGUF files.</summary>
    public static string EndingOf(TensorRole role, string ending) => role switch
    {
        TensorRole.RouterCorrection => ".bias",
        TensorRole.RouterNorm or TensorRole.ExpertScale => "",
        _ => ending,
    };
}
