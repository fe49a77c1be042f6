using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>The parameters of one layer; what an architecture does not have is null.</summary>
internal sealed class LayerWeights
{
    /// <summary>The norm before attention.</summary>
    public RowNorm? AttentionNorm { get; init; }

    /// <summary>Query, key and value projections.</summary>
    public required ProjectionGroup QueryKeyValue { get; init; }

    /// <summary>The norm of queries.</summary>
    public RowNorm? QueryNorm { get; init; }

    /// <summary>The norm of keys.</summary>
    public RowNorm? KeyNorm { get; init; }

    /// <summary>The attention's output projection.</summary>
    public required Projection AttentionOutput { get; init; }

    /// <summary>The norm of what attention yields.</summary>
    public RowNorm? PostAttentionNorm { get; init; }

    /// <summary>The norm before the feed-forward block.</summary>
    public RowNorm? FeedForwardNorm { get; init; }

    /// <summary>Gate (of gated blocks) and up projections; null where there are experts.</summary>
    public ProjectionGroup? GateUp { get; init; }

    /// <summary>The down projection; null where there are experts.</summary>
    public Projection? Down { get; init; }

    /// <summary>The scores of experts, [experts, hidden].</summary>
    public Weight? Router { get; init; }

    /// <summary>The experts.</summary>
    public ExpertWeights? Experts { get; init; }

    /// <summary>The norm of what the feed-forward block yields.</summary>
    public RowNorm? PostFeedForwardNorm { get; init; }

    /// <summary>The weights that a token is multiplied with, and the share of each that it takes: less than 1 for experts.</summary>
    public IEnumerable<(Weight Weight, double Share)> Products()
    {
        foreach (Weight weight in QueryKeyValue.Weights.Concat([AttentionOutput.Weight]).Concat(GateUp?.Weights ?? []))
        {
            yield return (weight, 1);
        }

        if (Down is { } down)
        {
            yield return (down.Weight, 1);
        }

        if (Router is { } router)
        {
            yield return (router, 1);
        }

        if (Experts is { } experts)
        {
            foreach (Weight weight in experts.Gate.Concat(experts.Up).Concat(experts.Down))
            {
                yield return (weight, (double)experts.Used / experts.Count);
            }
        }
    }
}
