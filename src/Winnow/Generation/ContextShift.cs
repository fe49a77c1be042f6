namespace Winnow.Generation;

/// <summary>Makes room in a full context: some tokens at the start stay, and of the others the older half goes.</summary>
internal static class ContextShift
{
    /// <summary>The tokens that stay; the same ones where they fit with room for another.</summary>
    /// <param name="tokens">Those of prompt and answer.</param>
    /// <param name="kept">How many at the start stay.</param>
    /// <param name="contextLength">Tokens that the session holds.</param>
    /// <exception cref="ArgumentOutOfRangeException">So many kept tokens leave no room for others.</exception>
    public static IReadOnlyList<int> Shorten(IReadOnlyList<int> tokens, int kept, int contextLength)
    {
        if (tokens.Count < contextLength)
        {
            return tokens;
        }

        if (kept > contextLength - 2)
        {
            throw Limits.OutOfRange(kept, $"0 to {contextLength - 2} in a context of {contextLength} tokens", nameof(GenerationOptions.KeptTokens));
        }

        int half = (contextLength - kept) / 2;
        int excess = tokens.Count - contextLength + 1;
        int gone = (excess + half - 1) / half * half;
        return [.. tokens.Take(kept), .. tokens.Skip(kept + gone)];
    }
}
