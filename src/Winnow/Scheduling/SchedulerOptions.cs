using Winnow.Generation;
using static Winnow.Limits;

namespace Winnow.Scheduling;

/// <summary>How a scheduler shares a model among conversations.</summary>
public sealed record SchedulerOptions
{
    /// <summary>Context, keys and values, and attention of the conversations.</summary>
    public SessionOptions Session { get; init => field = NotNull(value); } = new();

    /// <summary>Conversations that compute at the same time; others wait for their turn. 1 to 1024; default 32.</summary>
    public int MaxConcurrency { get; init => field = Within(value, 1, 1024); } = 32;

    /// <summary>Requests that may wait; one more is refused at once with a <see cref="SchedulerFullException"/>. 0 or more; default 1024.</summary>
    public int QueueLimit { get; init => field = Within(value, NotNegative); } = 1024;

    /// <summary>
    /// Bytes of keys and values, those of conversations that compute and those kept for others together. A request begins when its longest
    /// answer fits. Null, the default: three quarters of what a GPU has free, or a quarter of the system's memory.
    /// </summary>
    public long? KvBudgetBytes { get; init => field = Within(value, new Limits<long>(1, long.MaxValue)); }

    /// <summary>
    /// Bytes of <see cref="KvBudgetBytes"/> that keep what was computed, so that prompts which begin alike are computed once. 0 keeps
    /// nothing. 0 or more; default as many as are free.
    /// </summary>
    public long PrefixCacheBytes { get; init => field = Within(value, 0, long.MaxValue); } = long.MaxValue;

    /// <summary>A folder that takes what the prefix cache has no room for; null, the default, for none. Its files go with the scheduler.</summary>
    public string? SpillDirectory { get; init; }

    /// <summary>Bytes of files in <see cref="SpillDirectory"/>. 0 or more; default 4 GiB.</summary>
    public long SpillBytes { get; init => field = Within(value, 0, long.MaxValue); } = 4L << 30;

    /// <summary>
    /// The longest answer of requests that set no <see cref="GenerationOptions.MaxTokens"/>: an answer that never ends would hold its place
    /// for ever. 1 or more; default 4096.
    /// </summary>
    public int MaxAnswerTokens { get; init => field = Within(value, Positive); } = 4096;

    /// <summary>
    /// How long prompts are read between two tokens of the others, about: what these wait besides their own step. The longer, the faster
    /// prompts are read; where a step takes longer, so does a slice. Default 75 milliseconds.
    /// </summary>
    public TimeSpan PromptSlice
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw OutOfRange(value, "more than no time");
    } = TimeSpan.FromMilliseconds(75);

    /// <summary>How long <see cref="Scheduler.DisposeAsync"/> waits for answers that are under way. 0 or more; default 10 seconds.</summary>
    public TimeSpan DrainTime
    {
        get;
        init => field = value >= TimeSpan.Zero ? value : throw OutOfRange(value, "no time or more");
    } = TimeSpan.FromSeconds(10);
}
