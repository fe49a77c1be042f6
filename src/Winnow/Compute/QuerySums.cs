namespace Winnow.Compute;

/// <summary>Second moments of a layer's queries, for each KV head the sum over the queries of its group: what codebooks are fitted to.</summary>
/// <param name="shape">The layer's heads.</param>
internal abstract class QuerySums(AttentionShape shape) : SelectionState
{
    /// <summary>The layer's heads.</summary>
    public AttentionShape Shape => shape;

    /// <summary>Tokens whose queries were added.</summary>
    public long Tokens { get; private set; }

    public override long SizeBytes =>
        Tokens == 0 ? 0 : (long)shape.KvHeads * shape.HeadDimension * (shape.HeadDimension + 1) / 2 * sizeof(double);

    public sealed override void CopyFrom(SelectionState other)
    {
        QuerySums source = (QuerySums)other;
        Tokens = source.Tokens;
        CopyCore(source);
    }

    public sealed override void Load(ref StateReader source, int length) => Tokens = LoadCore(ref source);

    /// <summary>The queries of so many tokens are on their way.</summary>
    internal void Expect(int tokens) => Tokens += tokens;

    /// <summary>Implements <see cref="CopyFrom"/>.</summary>
    internal abstract void CopyCore(QuerySums other);

    /// <summary>Implements <see cref="Load"/>; returns the number of tokens.</summary>
    protected abstract long LoadCore(ref StateReader source);
}
