using Winnow.Models.Config;

namespace Winnow.Models.Weights;

/// <summary>What the matrices of a role are shaped like in a layer.</summary>
/// <param name="Count">How many there are: experts, heads, or one.</param>
/// <param name="Rows">Outputs of each.</param>
/// <param name="Columns">Inputs of each.</param>
/// <param name="IsStack">Whether a tensor of them has three dimensions.</param>
internal readonly record struct RoleShape(int Count, int Rows, int Columns, bool IsStack)
{
    private RoleShape(int rows, int columns)
        : this(1, rows, columns, false)
    {
    }

    /// <exception cref="ArgumentOutOfRangeException">The role is not one of matrices, or none that the model has.</exception>
    public static RoleShape Of(ModelConfig config, TensorRole role, int layer)
    {
        int hidden = config.HiddenSize;
        LatentAttention? latent = config.Latent;
        int queries = config.QueryHeads * (latent?.HeadDimension ?? config.HeadDimensionOf(layer));
        int keys = config.KvHeadsOf(layer) * config.HeadDimensionOf(layer);
        int values = config.KvHeadsOf(layer) * config.ValueDimensionOf(layer);
        int inner = config.FeedForwardSizeOf(layer);
        int shared = config.Experts?.SharedSize ?? 0;
        return role switch
        {
            TensorRole.Embedding or TensorRole.Output => new RoleShape(config.VocabularySize, hidden),
            TensorRole.PositionEmbedding => new RoleShape(config.ContextLength + config.FirstPosition, hidden),
            TensorRole.PerLayerEmbedding => new RoleShape(config.PerLayerVocabulary, config.Layers.Count * config.PerLayerSize),
            TensorRole.PerLayerModelProjection => new RoleShape(config.Layers.Count * config.PerLayerSize, hidden),
            TensorRole.PerLayerGate => new RoleShape(config.PerLayerSize, hidden),
            TensorRole.PerLayerProjection => new RoleShape(hidden, config.PerLayerSize),
            TensorRole.Query => new RoleShape(config.Architecture.GatesAttention ? 2 * queries : queries, hidden),
            TensorRole.Key => new RoleShape(keys, hidden),
            TensorRole.Value => new RoleShape(values, hidden),
            TensorRole.QueryKeyValue => new RoleShape((config.Architecture.GatesAttention ? 2 * queries : queries) + keys + values, hidden),
            TensorRole.AttentionOutput => new RoleShape(hidden, config.QueryHeads * (latent?.ValueDimension ?? config.ValueDimensionOf(layer))),
            TensorRole.Gate or TensorRole.Up => new RoleShape(inner, hidden),
            TensorRole.GateUp => new RoleShape(2 * inner, hidden),
            TensorRole.Down => new RoleShape(hidden, inner),
            TensorRole.SharedRouter => new RoleShape(1, hidden),
            TensorRole.SharedGate or TensorRole.SharedUp => new RoleShape(shared, hidden),
            TensorRole.SharedGateUp => new RoleShape(2 * shared, hidden),
            TensorRole.SharedDown => new RoleShape(hidden, shared),
            _ when config.Experts is { } experts && OfExperts(experts, role, hidden) is { } shape => shape,
            _ when latent is not null && OfLatent(config, latent, role) is { } shape => shape,
            _ => throw new ArgumentOutOfRangeException(nameof(role), role, "no matrix of this model"),
        };
    }

    private static RoleShape? OfExperts(ExpertConfig experts, TensorRole role, int hidden) => role switch
    {
        TensorRole.Router => new RoleShape(experts.Count, hidden),
        TensorRole.ExpertGate or TensorRole.ExpertUp => new RoleShape(experts.Count, experts.FeedForwardSize, hidden, true),
        TensorRole.ExpertGateUp => new RoleShape(experts.Count, 2 * experts.FeedForwardSize, hidden, true),
        TensorRole.ExpertDown => new RoleShape(experts.Count, hidden, experts.FeedForwardSize, true),
        _ => null,
    };

    private static RoleShape? OfLatent(ModelConfig config, LatentAttention latent, TensorRole role) => role switch
    {
        TensorRole.LatentQuery => new RoleShape(latent.QueryRank, config.HiddenSize),
        TensorRole.QueryUp => new RoleShape(config.QueryHeads * latent.HeadDimension, latent.QueryRank),
        TensorRole.LatentKeyValue => new RoleShape(latent.Rank + latent.RopeDimension, config.HiddenSize),
        TensorRole.LatentKeyValueUp => new RoleShape(config.QueryHeads * (latent.PlainDimension + latent.ValueDimension), latent.Rank),
        TensorRole.LatentKeyUp => new RoleShape(config.QueryHeads, latent.Rank, latent.PlainDimension, true),
        TensorRole.LatentValueUp => new RoleShape(config.QueryHeads, latent.ValueDimension, latent.Rank, true),
        _ => null,
    };
}
