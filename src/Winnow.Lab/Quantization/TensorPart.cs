namespace Winnow.Lab.Quantization;

/// <summary>What a matrix is to its layer or model: mixtures give some more bits than others.</summary>
internal enum TensorPart
{
    /// <summary>None of the others.</summary>
    Other,

    /// <summary>The output, or the embedding that is also the output.</summary>
    Output,

    /// <summary>An embedding beside an output.</summary>
    Embedding,

    /// <summary>Values of attention, alone or fused with queries and keys.</summary>
    Value,

    /// <summary>Keys of attention.</summary>
    Key,

    /// <summary>Queries of attention.</summary>
    Query,

    /// <summary>The output of attention.</summary>
    AttentionOutput,

    /// <summary>Gates of the feed-forward block.</summary>
    Gate,

    /// <summary>Up projections.</summary>
    Up,

    /// <summary>Down projections.</summary>
    Down,
}
