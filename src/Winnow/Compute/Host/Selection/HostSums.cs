namespace Winnow.Compute.Host.Selection;

/// <summary>Sums of queries in host memory.</summary>
internal sealed class HostSums : QuerySums
{
    private readonly RopeFrequencies? _rope;
    private readonly int _far;
    private readonly ConstantRotation _rotation;
    private readonly QueryMoments[] _moments;
    private readonly float[] _query;

    /// <param name="shape">The layer's heads.</param>
    /// <param name="rope">The layer's rotation; null where there is none.</param>
    /// <param name="far">The position that queries are rotated to.</param>
    public HostSums(AttentionShape shape, RopeFrequencies? rope, int far)
        : base(shape)
    {
        _rope = rope;
        _far = far;
        _rotation = new ConstantRotation(rope, far);
        _moments = [.. Enumerable.Range(0, shape.KvHeads).Select(_ => new QueryMoments(shape.HeadDimension))];
        _query = new float[shape.HeadDimension];
    }

    /// <summary>The moments of a KV head.</summary>
    public QueryMoments Head(int head) => _moments[head];

    /// <summary>Adds the queries of every <paramref name="step"/>th position.</summary>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="step">Positions that are a multiple of it count.</param>
    /// <param name="queries">Before rotation, [tokens, queryHeads · headDimension].</param>
    public void Add(int firstPosition, int step, ReadOnlySpan<float> queries)
    {
        int dimension = Shape.HeadDimension;
        int tokens = queries.Length / (Shape.QueryHeads * dimension);
        for (int token = (step - (firstPosition % step)) % step; token < tokens; token += step)
        {
            for (int head = 0; head < Shape.QueryHeads; head++)
            {
                queries.Slice(((token * Shape.QueryHeads) + head) * dimension, dimension).CopyTo(_query);
                _rotation.Rotate(_query);
                _moments[head / Shape.GroupSize].Add(_query);
            }
        }
    }

    public override SelectionState CreateLike() => new HostSums(Shape, _rope, _far);

    public override void Save(StateBuffer target)
    {
        target.Write(Tokens);
        foreach (QueryMoments moments in _moments)
        {
            moments.Mark(target);
        }
    }

    internal override void CopyCore(QuerySums other)
    {
        for (int head = 0; head < _moments.Length; head++)
        {
            _moments[head].CopyFrom(((HostSums)other)._moments[head]);
        }
    }

    protected override long LoadCore(ref StateReader source)
    {
        long tokens = source.ReadInt64();
        foreach (QueryMoments moments in _moments)
        {
            moments.Return(ref source);
        }

        return tokens;
    }
}
