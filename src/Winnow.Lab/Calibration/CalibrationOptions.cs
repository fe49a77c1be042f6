using Winnow.Templates.Jinja.Library;

namespace Winnow.Lab.Calibration;

/// <summary>What a calibration is made from.</summary>
public sealed record CalibrationOptions
{
    /// <summary>Texts like those that the model will read; each is a document of its own. The built-in text unless said otherwise.</summary>
    public IReadOnlyList<string> Corpus { get; init; } = [CalibrationText.Create()];

    /// <summary>The methods to calibrate, by name; null for all.</summary>
    public IReadOnlyList<string>? Methods { get; init; }

    /// <summary>Tokens of the corpus that are read at most; null for each method's own choice.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>Centroids of a codebook of A²ATS; null for its own choice.</summary>
    public int? Centroids { get; init; }

    /// <summary>The sizes of the autoencoders for s3.</summary>
    public S3Training S3 { get; init; } = new();

    /// <summary>Seed of whatever is drawn; equal seeds give equal files.</summary>
    public int Seed { get; init; } = 1;
}
