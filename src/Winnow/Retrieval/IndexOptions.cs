namespace Winnow.Retrieval;

/// <summary>How documents are scanned.</summary>
public sealed record IndexOptions
{
    private readonly int _chunkTokens = 1024;
    private readonly double _pruneAbove = 0.2;

    /// <summary>Tokens that see each other in the scan: more is closer to what the model would see, and slower.</summary>
    public int ChunkTokens
    {
        get => _chunkTokens;
        init => _chunkTokens = value is >= 64 and <= 65_536
            ? value
            : throw new ArgumentOutOfRangeException(nameof(ChunkTokens), value, "chunks must have 64 to 65536 tokens");
    }

    /// <summary>Features that more than this fraction of a block's tokens has are not listed: they tell nothing apart.</summary>
    public double PruneAbove
    {
        get => _pruneAbove;
        init => _pruneAbove = value is > 0 and <= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(PruneAbove), value, "the fraction must be above 0 and at most 1");
    }

    /// <summary>Whether only words are indexed, although the model has been calibrated for features.</summary>
    public bool WordsOnly { get; init; }
}
