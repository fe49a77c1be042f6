using Winnow.Calibration;
using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>A method that makes the computation of a long prompt cheaper.</summary>
/// <remarks>Defaults are the paper's, unless the model's calibration file holds better values; what was set always counts.</remarks>
internal abstract record PrefillAttention
{
    private protected PrefillAttention()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Creates the state of one session.</summary>
    /// <param name="setup">The model.</param>
    /// <param name="selector">What the session's device chooses rows with.</param>
    internal abstract PrefillMethod CreateMethod(MethodSetup setup, RowSelector selector);

    /// <summary>The same with the model's own values where nothing was set.</summary>
    internal virtual PrefillAttention Tuned(AttentionTuning tuning) => this;

    /// <summary>What the method does for want of a calibration; null where it needs none or has one.</summary>
    internal virtual string? Uncalibrated(ModelCalibration calibration) => null;
}
