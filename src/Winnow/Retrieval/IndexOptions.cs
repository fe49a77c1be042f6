using static Winnow.Limits;

namespace Winnow.Retrieval;

/// <summary>How documents are scanned.</summary>
public sealed record IndexOptions
{
    /// <summary>What <see cref="ChunkTokens"/> may be.</summary>
    internal static readonly Limits<int> ChunkLimits = new(64, 65_536);

    /// <summary>
    /// Tokens that see each other in the scan: more is closer to what the model would see, and slower. 64 to 65536; default 1024.
    /// </summary>
    public int ChunkTokens { get; init => field = Within(value, ChunkLimits); } = 1024;

    /// <summary>
    /// Features that more than this fraction of a block's tokens has are not listed: they tell nothing apart. 0.000001 to 1;
    /// default 0.2.
    /// </summary>
    public double PruneAbove { get; init => field = Within(value, 1e-6, 1); } = 0.2;

    /// <summary>Whether only words are indexed, although the model has been calibrated for features.</summary>
    public bool WordsOnly { get; init; }
}
