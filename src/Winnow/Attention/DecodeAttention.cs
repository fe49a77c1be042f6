using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>A method that makes decode steps in a long context cheaper.</summary>
/// <remarks>
/// Defaults are the paper's. Where the model's calibration file holds a better value, a session takes that instead of a default;
/// what was set always counts.
/// </remarks>
internal abstract record DecodeAttention
{
    private protected DecodeAttention()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Where the session keeps keys and values; null for where its options say.</summary>
    internal virtual KvPlacement? Placement => null;

    /// <summary>Creates the state of one session.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="selector">What the session's device chooses rows with.</param>
    internal abstract DecodeMethod CreateMethod(MethodSetup setup, RowSelector selector);

    /// <summary>Checks what no option can check by itself.</summary>
    /// <exception cref="InvalidOptionException">Two options do not go together.</exception>
    internal virtual void Validate()
    {
    }

    /// <summary>The same with the model's own values where nothing was set.</summary>
    internal virtual DecodeAttention Tuned(AttentionTuning tuning) => this;

    /// <summary>What the method does for want of a calibration; null where it needs none or has one.</summary>
    internal virtual string? Uncalibrated(ModelCalibration calibration) => null;
}
