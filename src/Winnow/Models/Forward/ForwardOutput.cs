namespace Winnow.Models.Forward;

/// <summary>What a segment of a forward pass is asked for.</summary>
internal enum ForwardOutput
{
    /// <summary>Nothing but the keys and values in the cache.</summary>
    None,

    /// <summary>The logits after the last token, [vocabulary].</summary>
    LastLogits,

    /// <summary>The most probable tokens after the last one and their logits, <see cref="Segment.Candidates"/>.</summary>
    Candidates,

    /// <summary>The logits after some tokens, <see cref="Segment.OutputRows"/>: [those, vocabulary].</summary>
    ListedLogits,

    /// <summary>The logits after each token, [tokens, vocabulary].</summary>
    AllLogits,

    /// <summary>The residual stream of each token after the output norm, [tokens, hidden].</summary>
    Hidden,

    /// <summary>The sum over the tokens of the residual stream after the output norm, [hidden], added to what is there: what embeddings are made of.</summary>
    Pooled,
}
