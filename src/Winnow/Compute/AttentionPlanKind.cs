namespace Winnow.Compute;

/// <summary>Whose row lists an <see cref="AttentionPlan"/> holds.</summary>
public enum AttentionPlanKind
{
    /// <summary>No list: every row.</summary>
    All,

    /// <summary>One list for all heads (DELTA's pages, sinks and window).</summary>
    Shared,

    /// <summary>One list per KV head, shared by the query heads of its group (recycled attention, A²ATS).</summary>
    PerKvHead,

    /// <summary>One list per query head (token-sparse attention).</summary>
    PerQueryHead,
}
