namespace Winnow.Compute;

/// <summary>The rows of each KV head that scored highest when a layer's attention was last looked at, in the order of their scores.</summary>
/// <param name="shape">The layer's heads.</param>
/// <param name="keepsQuery">Whether the query that looked is kept, to compare later ones with.</param>
internal abstract class RankedRows(AttentionShape shape, bool keepsQuery) : SelectionState
{
    /// <summary>The layer's heads.</summary>
    public AttentionShape Shape => shape;

    /// <summary>Whether the query of all heads is kept.</summary>
    public bool KeepsQuery => keepsQuery;

    /// <summary>Rows of each KV head.</summary>
    public int Count { get; private protected set; }

    public override long SizeBytes =>
        ((long)Count * shape.KvHeads * sizeof(int)) + (keepsQuery && Count > 0 ? (long)shape.QueryHeads * shape.HeadDimension * sizeof(float) : 0);

    public sealed override void CopyFrom(SelectionState other)
    {
        RankedRows source = (RankedRows)other;
        Count = source.Count;
        CopyCore(source);
    }

    public sealed override void Load(ref StateReader source, int length) => Count = LoadCore(ref source, length);

    /// <summary>A ranking of other rows is on its way.</summary>
    internal void Expect(int count) => Count = count;

    /// <summary>Implements <see cref="CopyFrom"/>.</summary>
    internal abstract void CopyCore(RankedRows other);

    /// <summary>Implements <see cref="Load"/>; returns the rows of each KV head.</summary>
    protected abstract int LoadCore(ref StateReader source, int length);
}
