using Winnow.Attention;
using Winnow.Calibration;

namespace Winnow.Generation;

/// <summary>How a session attends: one method for prompts, one for decode steps. The default is full attention in both.</summary>
public sealed record AttentionOptions
{
    /// <summary>Full attention everywhere.</summary>
    public static AttentionOptions Full { get; } = new();

    /// <summary>The method for prompts; null for full attention.</summary>
    public PrefillAttention? Prefill { get; init; }

    /// <summary>The method for decode steps; null for full attention.</summary>
    public DecodeAttention? Decode { get; init; }

    /// <summary>What changes a prompt before anything attends to it; null to take prompts as they are.</summary>
    public PromptTransform? Transform { get; init; }

    /// <summary>Reads a specification such as <c>token-sparse+delta:budget=1024</c>.</summary>
    /// <exception cref="InvalidOptionException">A method, key or value is not one that there is; the message lists those that are.</exception>
    public static AttentionOptions Parse(string specification) => AttentionSpec.Parse(specification);

    /// <summary>The specification that <see cref="Parse"/> reads back to the same options.</summary>
    public override string ToString() => AttentionSpec.Format(this);

    /// <summary>The same with the model's own values where nothing was set.</summary>
    internal AttentionOptions Tuned(AttentionTuning tuning) => this with { Prefill = Prefill?.Tuned(tuning), Decode = Decode?.Tuned(tuning) };

    /// <summary>The same with the values that a model's calibration file holds, where nothing was set.</summary>
    /// <exception cref="WinnowException">What the file holds is not what can be tuned.</exception>
    internal AttentionOptions Tuned(ModelCalibration calibration) =>
        Prefill is null && Decode is null ? this : Tuned(TuningSection.Of(calibration));

    /// <summary>What the methods do for want of a calibration, and the command that makes one: a line for each of them.</summary>
    internal IReadOnlyList<string> Notes(ModelCalibration calibration)
    {
        AttentionOptions tuned = Tuned(calibration);
        return [.. new[] { Transform?.Uncalibrated(calibration), tuned.Prefill?.Uncalibrated(calibration), tuned.Decode?.Uncalibrated(calibration) }.OfType<string>()];
    }
}
