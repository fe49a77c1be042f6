using Winnow.Compute;

namespace Winnow.Models.Weights;

/// <summary>All parameters of a model on a device, and the memory that they own. Shared by sessions, never changed.</summary>
internal sealed class TransformerWeights : IDisposable
{
    private readonly IReadOnlyList<IDisposable> _owned;

    /// <param name="owned">What to free with the weights.</param>
    public TransformerWeights(IReadOnlyList<IDisposable> owned)
    {
        _owned = owned;
    }

    /// <summary>Token embeddings, [vocabulary, hidden].</summary>
    public required Weight Embedding { get; init; }

    /// <summary>A vector for each position, [positions, hidden], or null.</summary>
    public Weight? Positions { get; init; }

    /// <summary>The norm of embeddings, or null.</summary>
    public RowNorm? EmbeddingNorm { get; init; }

    /// <summary>What makes vectors of each token for each layer, or null.</summary>
    public PerLayerInputs? PerLayer { get; init; }

    /// <summary>One for each layer.</summary>
    public required LayerWeights[] Layers { get; init; }

    /// <summary>The norm after the last layer.</summary>
    public required RowNorm OutputNorm { get; init; }

    /// <summary>The output head, [vocabulary, hidden]; the embeddings where they are tied.</summary>
    public required Projection Output { get; init; }

    /// <summary>Frees what the device holds.</summary>
    public void Dispose()
    {
        foreach (IDisposable owned in _owned)
        {
            owned.Dispose();
        }
    }
}
