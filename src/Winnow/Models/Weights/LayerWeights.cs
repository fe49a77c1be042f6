using Winnow.Compute;
using Winnow.Models.Recurrence;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>The parameters of one layer; what an architecture does not have is null.</summary>
internal sealed class LayerWeights
{
    /// <summary>The norm before attention.</summary>
    public RowNorm? AttentionNorm { get; init; }

    /// <summary>Query, key and value projections; null in a layer without attention.</summary>
    public ProjectionGroup? QueryKeyValue { get; init; }

    /// <summary>The norm of queries.</summary>
    public RowNorm? QueryNorm { get; init; }

    /// <summary>The norm of keys.</summary>
    public RowNorm? KeyNorm { get; init; }

    /// <summary>The attention's output projection; null in a layer without attention.</summary>
    public Projection? AttentionOutput { get; init; }

    /// <summary>The block that remembers the sequence in a state, or null.</summary>
    public RecurrentBlock? Recurrent { get; init; }

    /// <summary>Whether tokens learn of others here.</summary>
    public bool Mixes => QueryKeyValue is not null || Recurrent is not null;

    /// <summary>Whether there is a feed-forward block.</summary>
    public bool FeedsForward => Down is not null || Experts is not null;

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

    /// <summary>The weights that a token is multiplied with, and how often: the used part of experts.</summary>
    public IEnumerable<(TensorType Type, int Outputs, int Inputs, double Share)> Products()
    {
        foreach (Weight? weight in (Weight?[])
            [.. QueryKeyValue?.Weights ?? [], AttentionOutput?.Weight, .. Recurrent?.Weights ?? [], .. GateUp?.Weights ?? [], Down?.Weight, Router])
        {
            if (weight is not null)
            {
                yield return (weight.Type, weight.Outputs, weight.Inputs, 1);
            }
        }

        if (Experts is { } experts)
        {
            foreach (ExpertMatrix matrix in (ExpertMatrix[])[experts.Gate, experts.Up, experts.Down])
            {
                yield return (matrix.Type, matrix.Outputs, matrix.Inputs, experts.Used);
            }
        }
    }
}
