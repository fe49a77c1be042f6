using Winnow.Compute;
using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>Puts every selection off, with its arguments as they are when it is asked for.</summary>
internal sealed class DeferredSelector(DeferredDevice device, RowSelector inner) : RowSelector
{
    public override AttentionPlan CreateBlockPlan(int kvHeads, int tiles, int tileQueries, int blockRows) =>
        inner.CreateBlockPlan(kvHeads, tiles, tileQueries, blockRows);

    public override void TakeEnds(ComputeStream stream, int sinks, int window, int length, AttentionPlan plan) =>
        device.Ask(() => inner.TakeEnds(DeferredStream.Of(stream), sinks, window, length, DeferredPlan.Of(plan)));

    public override void TakePages(ComputeStream stream, Matrix mass, PageChoice choice, AttentionPlan plan)
    {
        Matrix seen = DeferredBuffer.Of(mass);
        device.Ask(() => inner.TakePages(DeferredStream.Of(stream), seen, choice, DeferredPlan.Of(plan)));
    }

    public override void TakeTokens(
        ComputeStream stream, Matrix mass, AttentionShape shape, TokenChoice choice, ReadOnlySpan<bool> sparse, AttentionPlan plan)
    {
        Matrix seen = DeferredBuffer.Of(mass);
        bool[] heads = sparse.ToArray();
        device.Ask(() => inner.TakeTokens(DeferredStream.Of(stream), seen, shape, choice, heads, DeferredPlan.Of(plan)));
    }

    public override RankedRows CreateRanking(AttentionShape shape, bool keepsQuery) =>
        new DeferredRanking(device, inner.CreateRanking(shape, keepsQuery));

    public override QuerySums CreateSums(AttentionShape shape, RopeFrequencies? rope, int far) =>
        new DeferredSums(device, inner.CreateSums(shape, rope, far));

    public override CodedKeys CreateCodes(AttentionShape shape, RopeFrequencies? rope, int far, Codebook[]? codebooks) =>
        new DeferredCodes(device, inner.CreateCodes(shape, rope, far, codebooks));

    public override void Train(ComputeStream stream, CodedKeys codes, QuerySums sums, KvLayer cache, CodebookTraining training)
    {
        KvLayer pages = DeferredBuffer.Of(cache);
        device.Ask(() => inner.Train(DeferredStream.Of(stream), Of(codes), ((DeferredSums)sums).Inner, pages, training));
    }

    public override void TakeCoded(
        ComputeStream stream, CodedKeys codes, Matrix query, int length, CodeChoice choice, ReadOnlySpan<int> budgets, AttentionPlan plan)
    {
        Matrix asked = DeferredBuffer.Of(query);
        int[] most = budgets.ToArray();
        device.Ask(() => inner.TakeCoded(DeferredStream.Of(stream), Of(codes), asked, length, choice, most, DeferredPlan.Of(plan)));
    }

    public override void Count(ComputeStream stream, AttentionPlan plan, int kvHeads, int visible, int layer, bool isObserved, IPlanCounter counter) =>
        device.Ask(() => inner.Count(DeferredStream.Of(stream), DeferredPlan.Of(plan), kvHeads, visible, layer, isObserved, counter));

    public override void Dispose() => device.Ask(inner.Dispose);

    protected override AttentionPlan CreatePlanCore(AttentionPlanKind kind, int lists, bool selectsQueries) =>
        new DeferredPlan(device, inner.CreatePlan(kind, lists, selectsQueries)) { SelectsQueries = selectsQueries };

    protected override void SetRowsCore(ComputeStream stream, AttentionPlan plan, int list, ReadOnlySpan<int> rows)
    {
        int[] named = rows.ToArray();
        device.Ask(() => inner.SetRows(DeferredStream.Of(stream), DeferredPlan.Of(plan), list, named));
    }

    protected override void RankCore(
        ComputeStream stream, Matrix mass, RankChoice choice, RankedRows ranking, Matrix? query, AttentionPlan? condition)
    {
        Matrix seen = DeferredBuffer.Of(mass);
        Matrix? asked = DeferredBuffer.Of(query);
        AttentionPlan? decided = condition is null ? null : DeferredPlan.Of(condition);
        device.Ask(() => inner.Rank(DeferredStream.Of(stream), seen, choice, Of(ranking), asked, decided));
    }

    protected override void RecycleCore(ComputeStream stream, RankedRows ranking, int budget, int length, AttentionPlan plan, QueryCheck? check)
    {
        QueryCheck? asked = check is { } given ? given with { Query = DeferredBuffer.Of(given.Query) } : null;
        device.Ask(() => inner.Recycle(DeferredStream.Of(stream), Of(ranking), budget, length, DeferredPlan.Of(plan), asked));
    }

    protected override void AddQueriesCore(ComputeStream stream, QuerySums sums, Matrix queries, int firstPosition, int step)
    {
        Matrix added = DeferredBuffer.Of(queries);
        device.Ask(() => inner.AddQueries(DeferredStream.Of(stream), ((DeferredSums)sums).Inner, added, firstPosition, step));
    }

    protected override void EncodeCore(ComputeStream stream, CodedKeys codes, Matrix keys, int firstPosition)
    {
        Matrix rows = DeferredBuffer.Of(keys);
        device.Ask(() => inner.Encode(DeferredStream.Of(stream), Of(codes), rows, firstPosition));
    }

    protected override void EncodeFromCacheCore(ComputeStream stream, CodedKeys codes, KvLayer cache, int firstPosition, int count)
    {
        KvLayer pages = DeferredBuffer.Of(cache);
        device.Ask(() => inner.EncodeFromCache(DeferredStream.Of(stream), Of(codes), pages, firstPosition, count));
    }

    private static RankedRows Of(RankedRows ranking) => ((DeferredRanking)ranking).Inner;

    private static CodedKeys Of(CodedKeys codes) => ((DeferredCodes)codes).Inner;
}
