using Winnow.Compute;

namespace Winnow.Models;

/// <summary>The parameters of one layer; what an architecture does not have is null.</summary>
internal sealed class LayerWeights
{
    /// <summary>The norm before attention.</summary>
    public Norm? AttentionNorm { get; init; }

    /// <summary>Query, key and value projections.</summary>
    public required ProjectionGroup QueryKeyValue { get; init; }

    /// <summary>The norm of queries.</summary>
    public Norm? QueryNorm { get; init; }

    /// <summary>The norm of keys.</summary>
    public Norm? KeyNorm { get; init; }

    /// <summary>The attention's output projection.</summary>
    public required Projection AttentionOutput { get; init; }

    /// <summary>The norm of what attention yields.</summary>
    public Norm? PostAttentionNorm { get; init; }

    /// <summary>The norm before the feed-forward block.</summary>
    public Norm? FeedForwardNorm { get; init; }

    /// <summary>Gate (of gated blocks) and up projections; null where there are experts.</summary>
    public ProjectionGroup? GateUp { get; init; }

    /// <summary>The down projection; null where there are experts.</summary>
    public Projection? Down { get; init; }

    /// <summary>The scores of experts, [experts, hidden].</summary>
    public Weight? Router { get; init; }

    /// <summary>The experts.</summary>
    public ExpertWeights? Experts { get; init; }

    /// <summary>The norm of what the feed-forward block yields.</summary>
    public Norm? PostFeedForwardNorm { get; init; }
}
