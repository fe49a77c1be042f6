namespace Winnow.Scheduling;

/// <summary>What a scheduler is doing, and what it has done so far.</summary>
public sealed record SchedulerStatistics
{
    /// <summary>Requests that wait for their turn.</summary>
    public int Waiting { get; init; }

    /// <summary>Requests that compute.</summary>
    public int Active { get; init; }

    /// <summary>Bytes of keys and values, those of the prefix cache included.</summary>
    public long KvBytes { get; init; }

    /// <summary>The most that <see cref="KvBytes"/> may become.</summary>
    public long KvBudgetBytes { get; init; }

    /// <summary>Bytes of keys and values that the prefix cache holds.</summary>
    public long PrefixCacheBytes { get; init; }

    /// <summary>Bytes of its files.</summary>
    public long SpilledBytes { get; init; }

    /// <summary>Prompt tokens of all requests.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Those of them that did not have to be computed.</summary>
    public long CachedTokens { get; init; }

    /// <summary>Tokens that were generated.</summary>
    public long GeneratedTokens { get; init; }

    /// <summary>Requests that were answered to the end.</summary>
    public long Completed { get; init; }

    /// <summary>Requests that were cancelled, or abandoned by who asked.</summary>
    public long Cancelled { get; init; }

    /// <summary>Requests that failed.</summary>
    public long Failed { get; init; }
}
