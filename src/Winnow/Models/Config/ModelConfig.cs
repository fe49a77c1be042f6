using Winnow.Compute;
using Winnow.Models.Architectures;

namespace Winnow.Models.Config;

/// <summary>The hyper-parameters of one model, the same whether they come from a GGUF file or from Hugging Face's config.json.</summary>
internal sealed record ModelConfig
{
    /// <summary>The most layers, or experts of one, that are believed.</summary>
    public const int MaxLayers = 4096;

    /// <summary>The largest head that is believed.</summary>
    public const int MaxHeadDimension = 4096;

    /// <summary>What the sizes do not say.</summary>
    public required Architecture Architecture { get; init; }

    /// <summary>What its makers call it, or null.</summary>
    public string? Name { get; init; }

    /// <summary>The width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>The inner width of feed-forward blocks.</summary>
    public required int FeedForwardSize { get; init; }

    /// <summary>Token ids, counted.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Tokens that the model was made for.</summary>
    public required int ContextLength { get; init; }

    /// <summary>Query heads.</summary>
    public required int QueryHeads { get; init; }

    /// <summary>KV heads, a divisor of the query heads.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>The epsilon of all norms.</summary>
    public required float NormEpsilon { get; init; }

    /// <summary>One for each layer.</summary>
    public required IReadOnlyList<LayerConfig> Layers { get; init; }

    /// <summary>Whether rotated pairs are neighbours in these weights.</summary>
    public required bool RopeIsInterleaved { get; init; }

    /// <summary>The non-linearity of feed-forward blocks.</summary>
    public required Activation Activation { get; init; }

    /// <summary>The mixture of experts, or null.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>Whether feed-forward runs beside attention instead of after it.</summary>
    public bool IsParallel { get; init; }

    /// <summary>What query-key products are multiplied with.</summary>
    public required float AttentionScale { get; init; }

    /// <summary>The soft cap of scores, or 0.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>The soft cap of logits, or 0.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>What embeddings are multiplied with.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>What each block's result is multiplied with before it is added.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>What logits are multiplied with.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>What the result of attention is multiplied with.</summary>
    public float AttentionOutputScale { get; init; } = 1;

    /// <summary>What the result of a block with a state is multiplied with.</summary>
    public float RecurrentOutputScale { get; init; } = 1;

    /// <summary>What the gate of a feed-forward block is multiplied with before its non-linearity.</summary>
    public float GateScale { get; init; } = 1;

    /// <summary>What the result of a feed-forward block is multiplied with.</summary>
    public float FeedForwardScale { get; init; } = 1;

    /// <summary>Layers of the file behind the last one, which guess tokens ahead and are not used.</summary>
    public int DraftLayers { get; init; }

    /// <summary>Whether the embeddings serve as output head; null where the presence of a head in the file says so.</summary>
    public bool? IsTied { get; init; }

    /// <summary>Whether a layer has attention.</summary>
    public bool Attends => Layers.Any(layer => layer.Attends);

    /// <summary>The widest result of blocks with a state; 0 where there are none.</summary>
    public int RecurrentWidth => Layers.Max(layer => layer.Recurrent?.Width ?? 0);

    /// <summary>Elements of the heads' queries with what gates them.</summary>
    public int QueryGateWidth => Architecture.GatesAttention ? 2 * QueryHeads * HeadDimension : 0;

    /// <summary>Whether a sequence of this length is rotated otherwise than a short one (LongRoPE).</summary>
    public bool IsLongContext(int contextLength) =>
        Layers.Any(layer => layer.Rope?.Scaling is RopeScaling.LongRope scaling && contextLength > scaling.OriginalContext);

    /// <summary>The rotation of each layer, null where there is none; layers of equal configuration share a table.</summary>
    /// <param name="contextLength">Tokens that are read at most.</param>
    public RopeFrequencies?[] CreateRopes(int contextLength)
    {
        Dictionary<RopeConfig, RopeFrequencies> tables = [];
        RopeFrequencies?[] ropes = new RopeFrequencies?[Layers.Count];
        for (int i = 0; i < ropes.Length; i++)
        {
            if (Layers[i].Rope is { } rope)
            {
                if (!tables.TryGetValue(rope, out RopeFrequencies? frequencies))
                {
                    tables[rope] = frequencies = rope.CreateFrequencies(RopeIsInterleaved, contextLength);
                }

                ropes[i] = frequencies;
            }
        }

        return ropes;
    }
}
