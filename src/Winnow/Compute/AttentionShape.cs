namespace Winnow.Compute;

/// <summary>What the attention of a layer looks like, whichever rows it visits.</summary>
/// <param name="QueryHeads">Query heads; query head h reads KV head h · KvHeads / QueryHeads.</param>
/// <param name="KvHeads">KV heads; a divisor of <paramref name="QueryHeads"/>.</param>
/// <param name="HeadDimension">Elements of a head.</param>
/// <param name="Scale">What a query-key product is multiplied with, usually 1 / √headDimension.</param>
/// <param name="SoftCap">Where positive, a score s becomes SoftCap · tanh(s / SoftCap) (Gemma 2).</param>
/// <param name="Window">Where positive, a query at position p sees only rows r with p − r &lt; Window (sliding-window layers).</param>
public sealed record AttentionShape(int QueryHeads, int KvHeads, int HeadDimension, float Scale, float SoftCap = 0, int Window = 0)
{
    /// <summary>Query heads that share a KV head.</summary>
    public int GroupSize => QueryHeads / KvHeads;
}
