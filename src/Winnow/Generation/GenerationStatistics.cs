namespace Winnow.Generation;

/// <summary>What a generation took.</summary>
public sealed record GenerationStatistics
{
    /// <summary>Tokens of the prompt, those found in the cache included.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Leading prompt tokens whose keys and values were still in the cache and were not computed again.</summary>
    public int CachedTokens { get; init; }

    /// <summary>
    /// Whether the session's method for prompts did not run: it judges a prompt as a whole, and a part of this one was in the cache. The rest
    /// was read with full attention.
    /// </summary>
    public bool PromptMethodSkipped { get; init; }

    /// <summary>Tokens that went so that prompt and answer fit, see <see cref="FullContextPolicy.Shift"/>.</summary>
    public int ShiftedTokens { get; init; }

    /// <summary>Messages that went so that the conversation fits, see <see cref="FullContextPolicy.DropOldestMessages"/>.</summary>
    public int DroppedMessages { get; init; }

    /// <summary>Tokens generated, an end-of-generation token included.</summary>
    public int GeneratedTokens { get; init; }

    /// <summary>Time to compute the prompt and choose the first token.</summary>
    public TimeSpan Prefill { get; init; }

    /// <summary>Time of all decode steps after that.</summary>
    public TimeSpan Decode { get; init; }

    /// <summary>Prompt tokens computed per second.</summary>
    public double PrefillTokensPerSecond => Rate(PromptTokens - CachedTokens, Prefill);

    /// <summary>Decode steps per second.</summary>
    public double DecodeTokensPerSecond => Rate(GeneratedTokens - 1, Decode);

    private static double Rate(int tokens, TimeSpan time) => tokens > 0 && time > TimeSpan.Zero ? tokens / time.TotalSeconds : 0;
}
