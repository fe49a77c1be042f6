namespace Winnow.Compute.Host.Selection;

/// <summary>A ranking in host memory.</summary>
internal sealed class HostRanking(AttentionShape shape, bool keepsQuery) : RankedRows(shape, keepsQuery)
{
    private const int Unsorted = -1;

    private readonly int[][] _ranking = Create(shape.KvHeads);
    private readonly int[][] _kept = Create(shape.KvHeads);

    /// <summary>Rows in ascending order; <see cref="Unsorted"/> for a copy that nobody has used: marks never need them.</summary>
    private readonly int[] _keptCount = new int[shape.KvHeads];
    private int _count;

    /// <summary>The query of all heads, before rotation.</summary>
    public float[] Query { get; } = new float[keepsQuery ? shape.QueryHeads * shape.HeadDimension : 0];

    /// <summary>Rows in the cache when they were ranked; 0 before.</summary>
    public int Length { get; private set; }

    /// <summary>Begins a ranking of other rows.</summary>
    /// <param name="length">Rows in the cache.</param>
    /// <param name="count">Rows of each KV head.</param>
    public void Begin(int length, int count)
    {
        Length = length;
        _count = count;
        Array.Fill(_keptCount, count);
        for (int head = 0; head < _kept.Length; head++)
        {
            Grow(ref _kept[head], count);
            Grow(ref _ranking[head], count);
        }
    }

    /// <summary>The rows of a KV head in ascending order, to be filled.</summary>
    public Span<int> Kept(int head) => _kept[head].AsSpan(0, _keptCount[head]);

    /// <summary>The rows of a KV head by descending score, to be filled.</summary>
    public Span<int> Ranking(int head) => _ranking[head].AsSpan(0, _count);

    /// <summary>The first <paramref name="count"/> rows of the ranking, in ascending order; counts fall between two rankings.</summary>
    public ReadOnlySpan<int> Keep(int head, int count)
    {
        count = Math.Min(count, _count);
        ReadOnlySpan<int> ranking = Ranking(head);
        if (_keptCount[head] == Unsorted)
        {
            Sort(head);
        }

        while (_keptCount[head] > count)
        {
            // The victim is the row that was ranked lowest.
            Span<int> kept = Kept(head);
            int victim = kept.BinarySearch(ranking[_keptCount[head] - 1]);
            kept[(victim + 1)..].CopyTo(kept[victim..]);
            _keptCount[head]--;
        }

        return _kept[head].AsSpan(0, count);
    }

    public override SelectionState CreateLike() => new HostRanking(Shape, KeepsQuery);

    public override void Save(StateBuffer target)
    {
        target.Write(Length);
        target.Write(_count);
        for (int head = 0; _count > 0 && head < Shape.KvHeads; head++)
        {
            target.Write<int>(Ranking(head));
        }

        if (_count > 0)
        {
            target.Write<float>(Query);
        }
    }

    internal override void CopyCore(RankedRows other)
    {
        HostRanking source = (HostRanking)other;
        Length = source.Length;
        _count = source._count;
        Array.Fill(_keptCount, Unsorted);
        source.Query.CopyTo(Query, 0);
        for (int head = 0; head < _ranking.Length; head++)
        {
            Grow(ref _ranking[head], _count);
            source.Ranking(head).CopyTo(Ranking(head));
        }
    }

    protected override int LoadCore(ref StateReader source, int length)
    {
        int rankedLength = source.ReadInt32();
        StateReader.RequireRows(rankedLength == 0 ? [] : [rankedLength - 1], length);
        int count = source.ReadCount(Shape.KvHeads * sizeof(int));
        if (count > rankedLength)
        {
            throw new InvalidDataException($"the state of an attention method ranks {count} rows of {rankedLength}");
        }

        Begin(rankedLength, count);
        for (int head = 0; count > 0 && head < Shape.KvHeads; head++)
        {
            source.Read(Ranking(head));
            Sort(head);
            StateReader.RequireAscending(Kept(head), rankedLength);
        }

        if (count > 0)
        {
            source.Read<float>(Query);
        }

        return count;
    }

    private static void Grow(ref int[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new int[Math.Max(length, 2 * buffer.Length)];
        }
    }

    private static int[][] Create(int heads)
    {
        int[][] lists = new int[heads][];
        Array.Fill(lists, []);
        return lists;
    }

    private void Sort(int head)
    {
        Grow(ref _kept[head], _count);
        _keptCount[head] = _count;
        Ranking(head).CopyTo(Kept(head));
        Kept(head).Sort();
    }
}
