namespace Winnow.Compute;

/// <summary>Whose row lists an <see cref="AttentionPlan"/> holds.</summary>
internal enum AttentionPlanKind
{
    /// <summary>No list: every row.</summary>
    All,

    /// <summary>One list for all heads (DELTA's pages, sinks and window).</summary>
    Shared,

    /// <summary>One list per KV head, shared by the query heads of its group (recycled attention, A²ATS).</summary>
    PerKvHead,

    /// <summary>One list per query head (token-sparse attention).</summary>
    PerQueryHead,

    /// <summary>
    /// For each KV head and tile of queries a list of key blocks (block-sparse prompts): list head · tiles + tile, where tile t holds
    /// the queries at positions t · TileQueries and after, and block b the rows b · BlockRows and after. A device without a kernel for
    /// them attends to every row.
    /// </summary>
    KeyBlocks,
}
