namespace Winnow.Compute;

/// <summary>What the attention of a layer looks like, whichever rows it visits.</summary>
/// <param name="QueryHeads">Query heads; query head h reads KV head h · KvHeads / QueryHeads.</param>
/// <param name="KvHeads">KV heads; a divisor of <paramref name="QueryHeads"/>.</param>
/// <param name="HeadDimension">Elements of a query and of a key, and of a value unless <see cref="ValueDimension"/> says otherwise.</param>
/// <param name="Scale">What a query-key product is multiplied with, usually 1 / √headDimension.</param>
/// <param name="SoftCap">Where positive, a score s becomes SoftCap · tanh(s / SoftCap) (Gemma 2).</param>
/// <param name="Window">Where positive, a query at position p sees only positions r with |p − r| &lt; Window (sliding-window layers).</param>
internal sealed record AttentionShape(int QueryHeads, int KvHeads, int HeadDimension, float Scale, float SoftCap = 0, int Window = 0)
{
    /// <summary>Elements of a value, and so of a head's output.</summary>
    public int ValueDimension { get; init; } = HeadDimension;

    /// <summary>Where positive, positions fall into chunks of so many, and a query sees only those of its own (Llama 4).</summary>
    public int Chunk { get; init; }

    /// <summary>
    /// Whether a query sees no position after its own. Otherwise it sees those of all queries of the call: the ones of a text
    /// come in a single call (encoders).
    /// </summary>
    public bool Causal { get; init; } = true;

    /// <summary>
    /// Where given, [1, queryHeads]: a learned logit of each head that takes part in the softmax and yields no value (gpt-oss).
    /// </summary>
    public Matrix? Sinks { get; init; }

    /// <summary>Query heads that share a KV head.</summary>
    public int GroupSize => QueryHeads / KvHeads;
}
