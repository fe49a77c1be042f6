using Winnow.Compute.Host;
using Winnow.Compute.Host.Selection;

namespace Winnow.Compute;

/// <summary>
/// The selections of one session on a device: fills plans with rows, one coarse operation for each method and step. Plans, rankings and
/// codes never come back to the host within a pass.
/// </summary>
/// <remarks>
/// Operations run in the order of the stream that they are given. What is data stays on the device; what follows from lengths and
/// schedules (counts, positions, numbers of codes) the host knows by itself. Used by one thread at a time; frees all that it made.
/// </remarks>
internal abstract class RowSelector : IDisposable
{
    /// <summary>Creates an empty plan of lists of rows.</summary>
    /// <param name="kind">Whose lists the plan holds.</param>
    /// <param name="lists">How many: 1, the KV heads, or the query heads.</param>
    /// <param name="selectsQueries">Whether queries that are in no list are left out.</param>
    public AttentionPlan CreatePlan(AttentionPlanKind kind, int lists, bool selectsQueries = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lists);
        return kind is AttentionPlanKind.Shared or AttentionPlanKind.PerKvHead or AttentionPlanKind.PerQueryHead
            ? CreatePlanCore(kind, lists, selectsQueries)
            : throw new ArgumentOutOfRangeException(nameof(kind), kind, "is no kind with lists of rows");
    }

    /// <summary>Creates an empty plan of key blocks.</summary>
    /// <param name="kvHeads">KV heads.</param>
    /// <param name="tiles">Tiles of queries, from position 0 on.</param>
    /// <param name="tileQueries">Queries of a tile.</param>
    /// <param name="blockRows">Rows of a block.</param>
    public virtual AttentionPlan CreateBlockPlan(int kvHeads, int tiles, int tileQueries, int blockRows) =>
        new HostPlan(AttentionPlanKind.KeyBlocks, kvHeads * tiles) { TileQueries = tileQueries, BlockRows = blockRows };

    /// <summary>Names the rows of a list from the host.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="plan">A plan of this selector.</param>
    /// <param name="list">The list.</param>
    /// <param name="rows">Ascending, without duplicates.</param>
    /// <exception cref="ArgumentException">They do not ascend from 0 on.</exception>
    public void SetRows(ComputeStream stream, AttentionPlan plan, int list, ReadOnlySpan<int> rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)list, (uint)plan.Lists, nameof(list));
        AscendingRows.Require(rows, list);
        SetRowsCore(stream, plan, list, rows);
    }

    /// <summary>The first and the last rows.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="sinks">First rows.</param>
    /// <param name="window">Last rows.</param>
    /// <param name="length">Rows in the cache; more than both together.</param>
    /// <param name="plan">One list.</param>
    public abstract void TakeEnds(ComputeStream stream, int sinks, int window, int length, AttentionPlan plan);

    /// <summary>The rows of the pages with the most attention (DELTA).</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="mass">[queryHeads, length]; there must be more pages than are chosen.</param>
    /// <param name="choice">Which pages.</param>
    /// <param name="plan">One list for all heads, or one for each KV head.</param>
    public abstract void TakePages(ComputeStream stream, Matrix mass, PageChoice choice, AttentionPlan plan);

    /// <summary>The tokens of a prompt that hold most of the attention (token-sparse); every row where none is left out.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="mass">[queryHeads, length], of the window's queries.</param>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="choice">How many tokens.</param>
    /// <param name="sparse">For each KV head, whether it leaves any out.</param>
    /// <param name="plan">A list for each KV head, which decides how many by itself, or for each query head, which all decide together.</param>
    public abstract void TakeTokens(
        ComputeStream stream, Matrix mass, AttentionShape shape, TokenChoice choice, ReadOnlySpan<bool> sparse, AttentionPlan plan);

    /// <summary>Creates an empty ranking.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="keepsQuery">Whether it keeps the query.</param>
    public abstract RankedRows CreateRanking(AttentionShape shape, bool keepsQuery);

    /// <summary>Ranks a layer's rows anew.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="mass">[queryHeads, length].</param>
    /// <param name="choice">How.</param>
    /// <param name="ranking">Replaced.</param>
    /// <param name="query">The query of all heads before rotation, [1, queryHeads · headDimension], where the ranking keeps it.</param>
    /// <param name="condition">A plan of <see cref="Recycle"/>: nothing happens unless it came to read every row. Null for always.</param>
    public void Rank(
        ComputeStream stream, Matrix mass, RankChoice choice, RankedRows ranking, Matrix? query = null, AttentionPlan? condition = null)
    {
        ranking.Expect(choice.Count);
        RankCore(stream, mass, choice, ranking, query, condition);
    }

    /// <summary>The rows of a ranking and all that are newer; as many ranked ones as leave room for those, the lowest are dropped.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="ranking">Not empty.</param>
    /// <param name="budget">Ranked and newer rows.</param>
    /// <param name="length">Rows in the cache.</param>
    /// <param name="plan">A list for each KV head.</param>
    /// <param name="check">
    /// Where given, the device decides: every row is read where there are as many newer rows as the budget, or the query has turned away.
    /// Null where the host knows better.
    /// </param>
    public void Recycle(ComputeStream stream, RankedRows ranking, int budget, int length, AttentionPlan plan, QueryCheck? check = null)
    {
        plan.IsConditional = check is not null;
        RecycleCore(stream, ranking, budget, length, plan, check);
    }

    /// <summary>Creates sums of no queries yet.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="rope">The layer's rotation; null where there is none.</param>
    /// <param name="far">The position that queries are rotated to.</param>
    public abstract QuerySums CreateSums(AttentionShape shape, RopeFrequencies? rope, int far);

    /// <summary>Adds the queries of every <paramref name="step"/>th position.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="sums">Of the layer.</param>
    /// <param name="queries">Before rotation, [tokens, queryHeads · headDimension].</param>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="step">Positions that are a multiple of it count.</param>
    public void AddQueries(ComputeStream stream, QuerySums sums, Matrix queries, int firstPosition, int step)
    {
        int last = firstPosition + queries.Rows - 1;
        sums.Expect((last / step) - ((firstPosition + step - 1) / step) + 1);
        AddQueriesCore(stream, sums, queries, firstPosition, step);
    }

    /// <summary>Creates an empty list of codes.</summary>
    /// <param name="shape">The layer's heads.</param>
    /// <param name="rope">The layer's rotation; null where there is none.</param>
    /// <param name="far">The position that queries are rotated to.</param>
    /// <param name="codebooks">One for each KV head; null where <see cref="Train"/> makes them, or they are loaded or copied.</param>
    public abstract CodedKeys CreateCodes(AttentionShape shape, RopeFrequencies? rope, int far, Codebook[]? codebooks);

    /// <summary>Makes the codebooks of codes that have none.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="codes">Without a token.</param>
    /// <param name="sums">What the codebooks are fitted to.</param>
    /// <param name="cache">The layer's rows.</param>
    /// <param name="training">How.</param>
    public abstract void Train(ComputeStream stream, CodedKeys codes, QuerySums sums, KvLayer cache, CodebookTraining training);

    /// <summary>Codes keys as they are added.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="codes">Of the layer; all tokens before have a code.</param>
    /// <param name="keys">Before rotation, [tokens, kvHeads · headDimension].</param>
    /// <param name="firstPosition">The position of key 0.</param>
    public void Encode(ComputeStream stream, CodedKeys codes, Matrix keys, int firstPosition)
    {
        codes.Expect(firstPosition, keys.Rows);
        EncodeCore(stream, codes, keys, firstPosition);
    }

    /// <summary>Codes keys from what the cache holds of them: rounded to its type, and with their rotation undone.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="codes">Of the layer; all tokens before have a code.</param>
    /// <param name="cache">The layer's rows.</param>
    /// <param name="firstPosition">The position of the first key.</param>
    /// <param name="count">How many.</param>
    public void EncodeFromCache(ComputeStream stream, CodedKeys codes, KvLayer cache, int firstPosition, int count)
    {
        codes.Expect(firstPosition, count);
        EncodeFromCacheCore(stream, codes, cache, firstPosition, count);
    }

    /// <summary>The far tokens whose codes score highest for each query head, and the first and last ones besides (A²ATS).</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="codes">Of all tokens before the window.</param>
    /// <param name="query">Of all heads before rotation, [1, queryHeads · headDimension].</param>
    /// <param name="length">Rows in the cache.</param>
    /// <param name="choice">What is read besides.</param>
    /// <param name="budgets">For each KV head, the far tokens that each of its query heads chooses.</param>
    /// <param name="plan">A list for each KV head.</param>
    public abstract void TakeCoded(
        ComputeStream stream, CodedKeys codes, Matrix query, int length, CodeChoice choice, ReadOnlySpan<int> budgets, AttentionPlan plan);

    /// <summary>Counts what a layer's decode step came to read.</summary>
    /// <param name="stream">Orders the operation.</param>
    /// <param name="plan">The step's plan.</param>
    /// <param name="kvHeads">KV heads of the layer.</param>
    /// <param name="visible">Rows that full attention would have read for each of them.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="isObserved">Whether a mass was asked for, which a conditional plan may have left out.</param>
    /// <param name="counter">Told once the device knows.</param>
    public abstract void Count(ComputeStream stream, AttentionPlan plan, int kvHeads, int visible, int layer, bool isObserved, IPlanCounter counter);

    /// <summary>Frees the plans and states that it made.</summary>
    public abstract void Dispose();

    /// <summary>Implements <see cref="CreatePlan"/>.</summary>
    protected abstract AttentionPlan CreatePlanCore(AttentionPlanKind kind, int lists, bool selectsQueries);

    /// <summary>Implements <see cref="SetRows"/>.</summary>
    protected abstract void SetRowsCore(ComputeStream stream, AttentionPlan plan, int list, ReadOnlySpan<int> rows);

    /// <summary>Implements <see cref="Rank"/>.</summary>
    protected abstract void RankCore(
        ComputeStream stream, Matrix mass, RankChoice choice, RankedRows ranking, Matrix? query, AttentionPlan? condition);

    /// <summary>Implements <see cref="Recycle"/>.</summary>
    protected abstract void RecycleCore(ComputeStream stream, RankedRows ranking, int budget, int length, AttentionPlan plan, QueryCheck? check);

    /// <summary>Implements <see cref="AddQueries"/>.</summary>
    protected abstract void AddQueriesCore(ComputeStream stream, QuerySums sums, Matrix queries, int firstPosition, int step);

    /// <summary>Implements <see cref="Encode"/>.</summary>
    protected abstract void EncodeCore(ComputeStream stream, CodedKeys codes, Matrix keys, int firstPosition);

    /// <summary>Implements <see cref="EncodeFromCache"/>.</summary>
    protected abstract void EncodeFromCacheCore(ComputeStream stream, CodedKeys codes, KvLayer cache, int firstPosition, int count);
}
