namespace Winnow.Generation;

/// <summary>How sessions compute together.</summary>
internal sealed record SessionBatchOptions
{
    /// <summary>
    /// How long a call of <see cref="BatchPrompt.Advance"/> should take, about: what the other sessions wait between two of their
    /// tokens, besides their own step. The longer, the faster prompts are read. Where a step takes longer, a slice takes as long as a step:
    /// prompts get half of the time at least. Default 75 milliseconds.
    /// </summary>
    public TimeSpan PromptSlice
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a slice takes time");
    } = TimeSpan.FromMilliseconds(75);
}
