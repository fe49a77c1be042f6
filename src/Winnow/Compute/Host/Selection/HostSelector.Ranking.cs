using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

internal sealed partial class HostSelector
{
    private float[] _score = [];
    private float[] _pooled = [];
    private float[] _query = [];

    public override RankedRows CreateRanking(AttentionShape shape, bool keepsQuery) => new HostRanking(shape, keepsQuery);

    protected override void RankCore(
        ComputeStream stream, Matrix mass, RankChoice choice, RankedRows ranking, Matrix? query, AttentionPlan? condition)
    {
        if (condition is { ReadsAll: false })
        {
            return;
        }

        HostRanking target = (HostRanking)ranking;
        ReadOnlySpan<float> values = stream.Map(mass, ref _mass);
        int length = mass.Columns;
        int older = length - choice.Window;
        int group = mass.Rows / ranking.Shape.KvHeads;
        target.Begin(length, choice.Count);
        for (int head = 0; head < ranking.Shape.KvHeads; head++)
        {
            ReadOnlySpan<float> score = Score(values[(head * group * length)..], group, length, older, choice);
            Span<int> kept = target.Kept(head);
            Span<int> ranked = target.Ranking(head);
            Count(kept[^choice.Window..], older);
            Count(ranked[..choice.Window], older);
            _top.SelectRanked(score, kept[..^choice.Window], ranked[choice.Window..]);
        }

        if (query is { } asked)
        {
            stream.Read(asked, target.Query);
        }
    }

    protected override void RecycleCore(ComputeStream stream, RankedRows ranking, int budget, int length, AttentionPlan plan, QueryCheck? check)
    {
        HostRanking source = (HostRanking)ranking;
        HostPlan target = (HostPlan)plan;
        int newer = length - source.Length;
        if (check is { } asked && (newer >= budget || IsAway(stream, source, asked)))
        {
            target.ReadAll();
            return;
        }

        for (int head = 0; head < ranking.Shape.KvHeads; head++)
        {
            ReadOnlySpan<int> kept = source.Keep(head, budget - newer);
            Span<int> rows = target.Resize(head, kept.Length + newer);
            kept.CopyTo(rows);
            Count(rows[kept.Length..], source.Length);
        }
    }

    /// <summary>One score a row from the masses of a group.</summary>
    /// <param name="mass">[group, length].</param>
    /// <param name="group">Query heads.</param>
    /// <param name="length">Rows in the cache.</param>
    /// <param name="older">Rows that are scored.</param>
    /// <param name="choice">How.</param>
    private Span<float> Score(ReadOnlySpan<float> mass, int group, int length, int older, RankChoice choice)
    {
        Grow(ref _score, older);
        Grow(ref _pooled, older);
        Span<float> score = _score.AsSpan(0, older);
        Span<float> pooled = _pooled.AsSpan(0, older);
        mass[..older].CopyTo(score);
        for (int query = 1; query < group; query++)
        {
            ReadOnlySpan<float> other = mass.Slice(query * length, older);
            if (choice.Votes == RankVotes.Largest)
            {
                TensorPrimitives.Max(score, other, score);
            }
            else
            {
                TensorPrimitives.Add(score, other, score);
            }
        }

        if (choice.Votes == RankVotes.Sum)
        {
            Pooling.Average(score, choice.Pool, pooled);
            return pooled;
        }

        if (choice.Pool == 1)
        {
            return score;
        }

        Pooling.Max(score, choice.Pool, pooled);
        return pooled;
    }

    private bool IsAway(ComputeStream stream, HostRanking ranking, QueryCheck check)
    {
        if (check.Query is not { } query)
        {
            return false;
        }

        Grow(ref _query, query.Columns);
        Span<float> values = _query.AsSpan(0, query.Columns);
        stream.Read(query, values);
        return TensorPrimitives.CosineSimilarity(values, ranking.Query) <= check.Threshold;
    }
}
