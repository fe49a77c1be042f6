namespace Winnow.Generation;

/// <summary>Sees when tokens repeat one phrase over and over.</summary>
/// <param name="limit">So many tokens of one phrase are too many; a phrase has at most a quarter of them.</param>
internal sealed class RepetitionWatch(int limit)
{
    // The latest tokens, as a ring.
    private readonly int[] _tokens = new int[limit / 4];

    // For each length of a phrase, less one, how many of the latest tokens are what stood there one phrase before.
    private readonly int[] _alike = new int[limit / 4];

    private long _count;

    /// <summary>Takes the next token.</summary>
    /// <returns>Whether the latest tokens, as many as the limit, are one phrase.</returns>
    public bool Accept(int token)
    {
        bool repeats = false;
        for (int length = 1; length <= _tokens.Length; length++)
        {
            ref int alike = ref _alike[length - 1];
            alike = length <= _count && _tokens[(_count - length) % _tokens.Length] == token ? alike + 1 : 0;
            repeats |= alike + length >= limit;
        }

        _tokens[_count++ % _tokens.Length] = token;
        return repeats;
    }
}
