namespace Winnow.Generation;

/// <summary>How sessions compute together.</summary>
public sealed record SessionBatchOptions
{
    /// <summary>
    /// How long a call of <see cref="BatchPrompt.Advance"/> should take, about: what the other sessions wait between two of their
    /// tokens, besides their own step. Shorter slices make prompts slower, by some percent at a tenth of a second.
    /// </summary>
    public TimeSpan PromptSlice
    {
        get;
        init => field = value > TimeSpan.Zero ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "a slice takes time");
    } = TimeSpan.FromMilliseconds(100);
}
