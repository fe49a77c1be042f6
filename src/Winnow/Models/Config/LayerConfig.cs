namespace Winnow.Models.Config;

/// <summary>What may differ from layer to layer.</summary>
/// <param name="Window">Where positive, queries see only so many of the last tokens.</param>
/// <param name="Rope">The rotary embedding, or null in a layer without positions.</param>
internal sealed record LayerConfig(int Window, RopeConfig? Rope)
{
    /// <summary>Whether the layer has attention.</summary>
    public bool Attends { get; init; } = true;

    /// <summary>What remembers the sequence in the place of attention or beside it, or null.</summary>
    public RecurrentConfig? Recurrent { get; init; }

    /// <summary>Where blocks have their norms, if not where the architecture has them.</summary>
    public NormPlacement? NormPlacement { get; init; }

    /// <summary>Factors of a residual stream that is what blocks read, normalised; null where it goes past them as it is.</summary>
    public ResidualFactors? Residual { get; init; }

    /// <summary>Whether the layer has a feed-forward block.</summary>
    public bool FeedsForward { get; init; } = true;

    /// <summary>Where positive, positions fall into chunks of so many, and queries see only their own.</summary>
    public int Chunk { get; init; }

    /// <summary>KV heads, where they are others than the model's.</summary>
    public int? KvHeads { get; init; }

    /// <summary>Elements of a query and key, where they are others than the model's.</summary>
    public int? HeadDimension { get; init; }

    /// <summary>Elements of a value, where they are others than the model's.</summary>
    public int? ValueDimension { get; init; }

    /// <summary>The inner width of the feed-forward block, where it is another than the model's.</summary>
    public int? FeedForwardSize { get; init; }

    /// <summary>The earlier layer whose keys and values this one attends to, instead of its own.</summary>
    public int? SharedKvLayer { get; init; }

    /// <summary>Whether values are the projected keys, before norm and rotation: there is no value projection.</summary>
    public bool ValuesAreKeys { get; init; }

    /// <summary>How queries grow with their position, or null.</summary>
    public QueryTemperature? Temperature { get; init; }
}
