using Winnow.Attention.A2ats;
using static Winnow.Limits;

namespace Winnow.Lab.Calibration;

/// <summary>What a calibration is made from.</summary>
public sealed record CalibrationOptions
{
    /// <summary>Texts like those that the model will read; each is a document of its own. The built-in text unless said otherwise.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [CalibrationText.Create()];

    /// <summary>The methods to calibrate, by name; null for all.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>
    /// Values of attention methods that suit the model better than the papers', such as <c>a2ats:window=256</c>: sessions take them where
    /// a user sets none. A name alone goes back to the papers'; methods that are not named keep theirs.
    /// </summary>
    public IReadOnlyList<string> Tuning { get; init; } = [];

    /// <summary>Tokens of the corpus that are read at most; null for each method's own choice.</summary>
    public int? MaxTokens { get; init => field = Within(value, Positive); }

    /// <summary>Centroids of a codebook of A²ATS; null for its own choice.</summary>
    public int? Centroids { get; init => field = Within(value, A2atsAttention.CentroidLimits); }

    /// <summary>The sizes of the autoencoders for s3.</summary>
    public S3Training S3 { get; init; } = new();

    /// <summary>Seed of whatever is drawn; equal seeds give equal files.</summary>
    public int Seed { get; init; } = 1;
}
