using Winnow.Sampling;

namespace Winnow.Generation;

/// <summary>One step of a generation.</summary>
/// <param name="Id">The token that was chosen.</param>
/// <param name="Text">
/// The text that became certain with it: often the token's own, empty while a character is incomplete or could begin a stop
/// string, more where such text was released.
/// </param>
/// <param name="FinishReason">Set on the last step.</param>
public readonly record struct GeneratedToken(int Id, string Text, FinishReason? FinishReason)
{
    /// <summary>How probable the model found the token, as a natural logarithm; null unless <see cref="SamplingOptions.LogProbabilities"/> asks for it.</summary>
    public float? LogProbability { get; init; }

    /// <summary>The most probable tokens in its place, as many as <see cref="SamplingOptions.TopLogProbabilities"/>; null for none.</summary>
    public IReadOnlyList<TokenLogProbability>? TopLogProbabilities { get; init; }
}
