using Winnow.Compute;
using Winnow.Models.Recurrence;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>The parameters of one layer; what an architecture does not have is null.</summary>
internal sealed class LayerWeights
{
    /// <summary>The norm before attention.</summary>
    public RowNorm? AttentionNorm { get; init; }

    /// <summary>Query, key and value projections, those that the layer has; null in a layer without attention, or with latent attention.</summary>
    public ProjectionGroup? QueryKeyValue { get; init; }

    /// <summary>The projections of latent attention.</summary>
    public LatentWeights? Latent { get; init; }

    /// <summary>The norm of queries: one for all heads, or one each.</summary>
    public RowNorm[] QueryNorms { get; init; } = [];

    /// <summary>The norm of keys: one for all heads, or one each.</summary>
    public RowNorm[] KeyNorms { get; init; } = [];

    /// <summary>The norm of queries where one operation does it: root-mean-square, the same for all heads.</summary>
    public RowNorm? QueryNorm => QueryNorms is [{ SubtractsMean: false } norm] ? norm : null;

    /// <summary>The norm of keys where one operation does it.</summary>
    public RowNorm? KeyNorm => KeyNorms is [{ SubtractsMean: false } norm] ? norm : null;

    /// <summary>The norm of values.</summary>
    public RowNorm? ValueNorm { get; init; }

    /// <summary>A logit of each head that takes part in the softmax, [1, queryHeads].</summary>
    public Matrix? Sinks { get; init; }

    /// <summary>The norm of what heads yield, before the output projection.</summary>
    public RowNorm? AttentionSubNorm { get; init; }

    /// <summary>The attention's output projection; null in a layer without attention.</summary>
    public Projection? AttentionOutput { get; init; }

    /// <summary>The block that remembers the sequence in a state, or null.</summary>
    public RecurrentBlock? Recurrent { get; init; }

    /// <summary>Whether tokens learn of others here.</summary>
    public bool Mixes => QueryKeyValue is not null || Latent is not null || Recurrent is not null;

    /// <summary>Whether there is a feed-forward block.</summary>
    public bool FeedsForward => Dense is not null || Experts is not null;

    /// <summary>The norm of what attention yields.</summary>
    public RowNorm? PostAttentionNorm { get; init; }

    /// <summary>The norm before the feed-forward block.</summary>
    public RowNorm? FeedForwardNorm { get; init; }

    /// <summary>The feed-forward block that every token goes through; null where there are experts and none of them is shared.</summary>
    public DenseWeights? Dense { get; init; }

    /// <summary>The scores of experts, [experts, hidden].</summary>
    public Projection? Router { get; init; }

    /// <summary>The norm before the router, where it reads the residual stream itself.</summary>
    public RowNorm? RouterNorm { get; init; }

    /// <summary>The norm before the experts, where they read the residual stream themselves.</summary>
    public RowNorm? ExpertNorm { get; init; }

    /// <summary>The norm of what the experts yield, before it is added to what a dense block yields.</summary>
    public RowNorm? PostExpertNorm { get; init; }

    /// <summary>The norm of what the dense block beside experts yields.</summary>
    public RowNorm? PostDenseNorm { get; init; }

    /// <summary>What the layer makes of its own vector of each token, or null.</summary>
    public PerLayerWeights? PerLayer { get; init; }

    /// <summary>What the residual stream is multiplied with after the layer.</summary>
    public float Scale { get; init; } = 1;

    /// <summary>The experts.</summary>
    public ExpertWeights? Experts { get; init; }

    /// <summary>Where the dense block is a shared expert, what the sigmoid of weights it, [1, hidden]; null where it counts fully.</summary>
    public Weight? SharedRouter { get; init; }

    /// <summary>The norm of what the feed-forward block yields.</summary>
    public RowNorm? PostFeedForwardNorm { get; init; }

    /// <summary>The weights that a token is multiplied with, and how often: the used part of experts.</summary>
    public IEnumerable<(TensorType Type, int Outputs, int Inputs, double Share)> Products()
    {
        Weight?[] weights =
        [
            .. QueryKeyValue?.Weights ?? [], .. Latent?.Weights ?? [], AttentionOutput?.Weight, .. Recurrent?.Weights ?? [], .. Dense?.GateUp.Weights ?? [], Dense?.Down.Weight,
            Router?.Weight, SharedRouter, PerLayer?.Gate, PerLayer?.Projection,
        ];
        foreach (Weight? weight in weights)
        {
            if (weight is not null)
            {
                yield return (weight.Type, weight.Outputs, weight.Inputs, 1);
            }
        }

        if (Experts is { } experts)
        {
            foreach (ExpertMatrix? matrix in (ExpertMatrix?[])[experts.Gate, experts.Up, experts.Down])
            {
                if (matrix is not null)
                {
                    yield return (matrix.Type, matrix.Outputs, matrix.Inputs, experts.Used);
                }
            }
        }
    }
}
