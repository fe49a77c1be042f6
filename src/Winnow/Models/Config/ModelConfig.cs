using Winnow.Compute;
using Winnow.Models.Architectures;
using Winnow.Tensors;

namespace Winnow.Models.Config;

/// <summary>The hyper-parameters of one model, the same whether they come from a GGUF file or from Hugging Face's config.json.</summary>
internal sealed record ModelConfig
{
    /// <summary>The most layers, or experts of one, that are believed.</summary>
    public const int MaxLayers = 4096;

    /// <summary>The largest head that is believed.</summary>
    public const int MaxHeadDimension = 4096;

    private float[]? _alibiSlopes;

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

    /// <summary>KV heads, a divisor of the query heads; layers may have others.</summary>
    public required int KvHeads { get; init; }

    /// <summary>Elements of a query and of a key; layers may have others.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Elements of a value, where they are others than those of a key.</summary>
    public int? ValueDimension { get; init; }

    /// <summary>How keys and values are compressed, or null.</summary>
    public LatentAttention? Latent { get; init; }

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

    /// <summary>Where positive, projected queries, keys and values are limited to plus and minus so much.</summary>
    public float QueryKeyValueLimit { get; init; }

    /// <summary>Elements of the vector that each token has for each layer besides its embedding; 0 where there are none.</summary>
    public int PerLayerSize { get; init; }

    /// <summary>Tokens that have such vectors.</summary>
    public int PerLayerVocabulary { get; init; }

    /// <summary>What values are multiplied with.</summary>
    public float ValueScale { get; init; } = 1;

    /// <summary>
    /// Where positive, scores fall with the distance of the tokens, in each head with another slope, the steepest 2^(−bias / heads) (ALiBi).
    /// </summary>
    public float AlibiBias { get; init; }

    /// <summary>The soft cap of scores, or 0.</summary>
    public float AttentionSoftCap { get; init; }

    /// <summary>The soft cap of logits, or 0.</summary>
    public float LogitSoftCap { get; init; }

    /// <summary>What embeddings are multiplied with.</summary>
    public float EmbeddingScale { get; init; } = 1;

    /// <summary>Whether queries and keys are normalised; null where the presence of norms in the file says so.</summary>
    public bool? NormsHeads { get; init; } = true;

    /// <summary>What each block's result is multiplied with before it is added.</summary>
    public float ResidualScale { get; init; } = 1;

    /// <summary>What logits are multiplied with.</summary>
    public float LogitScale { get; init; } = 1;

    /// <summary>The row of the position embeddings that position 0 has.</summary>
    public int FirstPosition { get; init; }

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

    /// <summary>Whether a layer has attention.</summary>
    public bool Attends => Layers.Any(layer => layer.Attends);

    /// <summary>The widest result of blocks with a state; 0 where there are none.</summary>
    public int RecurrentWidth => Layers.Max(layer => layer.Recurrent?.Width ?? 0);

    /// <summary>Elements of the heads' queries with what gates them.</summary>
    public int QueryGateWidth => Architecture.GatesAttention ? 2 * QueryHeads * HeadDimension : 0;

    /// <summary>Whether the embeddings serve as output head; null where the presence of a head in the file says so.</summary>
    public bool? IsTied { get; init; }

    /// <summary>The slope of each query head's bias of distance.</summary>
    public ReadOnlySpan<float> AlibiSlopes => _alibiSlopes ??= [.. AlibiColumns.Slopes(QueryHeads, AlibiBias)
        .Select(slope => Architecture.AlibiIsScaled ? slope * AttentionScale : slope)];

    /// <summary>KV heads of a layer.</summary>
    public int KvHeadsOf(int layer) => Layers[layer].KvHeads ?? KvHeads;

    /// <summary>Elements that a projection yields for each query and key head of a layer.</summary>
    public int HeadDimensionOf(int layer) => Layers[layer].HeadDimension ?? HeadDimension;

    /// <summary>Elements of a key of a layer as the cache holds it, and of the query that it is compared with.</summary>
    public int KeyDimensionOf(int layer) => HeadDimensionOf(layer) + (AlibiBias > 0 ? AlibiColumns.Count : 0);

    /// <summary>Elements of a value of a layer.</summary>
    public int ValueDimensionOf(int layer) => Layers[layer].ValueDimension ?? ValueDimension ?? HeadDimensionOf(layer);

    /// <summary>The inner width of a layer's feed-forward block.</summary>
    public int FeedForwardSizeOf(int layer) => Layers[layer].FeedForwardSize ?? FeedForwardSize;

    /// <summary>What the attention of a layer looks like.</summary>
    public AttentionShape ShapeOf(int layer) =>
        new(QueryHeads, KvHeadsOf(layer), KeyDimensionOf(layer), AttentionScale, AttentionSoftCap, Layers[layer].Window)
        {
            ValueDimension = ValueDimensionOf(layer),
            Chunk = Layers[layer].Chunk,
        };

    /// <summary>How the cache holds keys and values of a layer; one that attends to those of another has next to nothing.</summary>
    /// <exception cref="ArgumentException">A type cannot hold rows of this length.</exception>
    public KvLayout KvLayoutOf(int layer, TensorType keyType, TensorType valueType) =>
        !Layers[layer].Attends ? KvLayout.None
        : Layers[layer].SharedKvLayer is null ? new KvLayout(KvHeadsOf(layer), KeyDimensionOf(layer), ValueDimensionOf(layer), keyType, valueType)
        : new KvLayout(1, 1, TensorType.F16);

    /// <summary>The widest of something over all layers.</summary>
    public int Widest(Func<int, int> widthOf) => Enumerable.Range(0, Layers.Count).Max(widthOf);

    /// <summary>A number that tells contexts apart whose rotations differ: 0 for all short ones.</summary>
    /// <param name="contextLength">Tokens that a sequence may hold.</param>
    public int RopeContext(int contextLength) => Layers.Max(layer => layer.Rope?.Scaling switch
    {
        RopeScaling.LongRope scaling when contextLength > scaling.OriginalContext => 1,
        RopeScaling.Dynamic scaling when contextLength > scaling.OriginalContext => contextLength,
        _ => 0,
    });

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
                    frequencies = rope.CreateFrequencies(RopeIsInterleaved, contextLength);
                    tables[rope] = frequencies = Architecture.RotatesBackwards ? frequencies.Reversed() : frequencies;
                }

                ropes[i] = frequencies;
            }
        }

        return ropes;
    }
}
