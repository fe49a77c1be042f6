using Winnow.Compute;
using Winnow.Tensors;

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

    /// <summary>The weights that a token is multiplied with, and how often: the used part of experts.</summary>
    public IEnumerable<(TensorType Type, int Outputs, int Inputs, double Share)> Products()
    {
        foreach (Weight? weight in (Weight?[])[.. QueryKeyValue.Weights, AttentionOutput.Weight, .. GateUp?.Weights ?? [], Down?.Weight, Router])
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
