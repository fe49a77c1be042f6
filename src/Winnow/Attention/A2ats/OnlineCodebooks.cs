using Winnow.Compute;

namespace Winnow.Attention.A2ats;

/// <summary>When and how the codebooks of a layer are made from what a session has read itself, so that no calibration is needed.</summary>
/// <remarks>
/// Deviation: the paper's codebooks come from other text. These see the very keys that they stand for, and are smaller and
/// less carefully fitted, because a user is waiting. They are made at the end of a prompt, and again when the context has
/// grown to four times its length, until it is long enough for the sample to change little.
/// </remarks>
internal static class OnlineCodebooks
{
    /// <summary>Every so many tokens give their queries.</summary>
    public const int QueryStep = 4;

    /// <summary>Centroids unless said otherwise.</summary>
    private const int DefaultCentroids = 1024;

    /// <summary>Tokens below which choosing costs more than reading everything.</summary>
    private const int LeastTokens = 512;

    /// <summary>Keys of a head that are looked at, evenly spread over the context.</summary>
    private const int SampledKeys = 8192;

    /// <summary>A context that has grown by this factor since the last time is looked at again.</summary>
    private const int Growth = 4;

    private const int Iterations = 8;
    private const int Seed = 1;

    /// <summary>Whether it is time to make codebooks.</summary>
    /// <param name="length">Tokens in the cache.</param>
    /// <param name="trainedLength">Tokens in the cache when it was done last; 0 for never.</param>
    public static bool IsDue(int length, int trainedLength) =>
        length >= LeastTokens && (trainedLength == 0 || (!IsFinal(trainedLength) && length >= Growth * trainedLength));

    /// <summary>Whether codebooks that were made from so many tokens are the last ones.</summary>
    public static bool IsFinal(int trainedLength) => trainedLength >= SampledKeys;

    /// <summary>How codebooks are made from so many tokens.</summary>
    /// <param name="length">Tokens in the cache.</param>
    /// <param name="centroids">Centroids of a codebook; null for 1024. For fewer than four keys one tells nothing apart that the keys do not.</param>
    public static CodebookTraining Plan(int length, int? centroids)
    {
        int step = (length + SampledKeys - 1) / SampledKeys;
        int count = (length + step - 1) / step;
        return new CodebookTraining(step, count, Math.Min(centroids ?? DefaultCentroids, count / 4), Iterations, Seed);
    }
}
