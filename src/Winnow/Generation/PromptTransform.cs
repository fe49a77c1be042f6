using Winnow.Calibration;

namespace Winnow.Generation;

/// <summary>A method that changes a prompt before anything attends to it, for example one that leaves only its evidence.</summary>
/// <remarks>A room above this one derives from it and registers its name with <see cref="AttentionSpec"/>.</remarks>
internal abstract record PromptTransform
{
    private protected PromptTransform()
    {
    }

    internal abstract string Specification { get; }

    /// <summary>Creates the state of one session.</summary>
    internal abstract IPromptTransformer CreateTransformer(Engine engine, int contextLength);

    /// <summary>What the method does for want of a calibration; null where it needs none or has one.</summary>
    internal virtual string? Uncalibrated(ModelCalibration calibration) => null;
}
