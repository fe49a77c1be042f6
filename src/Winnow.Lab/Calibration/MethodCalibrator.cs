using Winnow.Calibration;

namespace Winnow.Lab.Calibration;

/// <summary>Finds out what one method needs to know of a model.</summary>
internal abstract class MethodCalibrator
{
    /// <summary>The method, as attention specifications call it; also its section in the file.</summary>
    public abstract string Method { get; }

    /// <summary>
    /// What a finished section was made from besides the model: the same again would give the same, and is left out. Null where the method
    /// sees to that itself.
    /// </summary>
    public virtual string? Origin(CalibrationRun run) => null;

    /// <summary>Does the work; the result is saved by the caller.</summary>
    /// <exception cref="WinnowException">The corpus or the model does not serve.</exception>
    public abstract CalibrationSectionDraft Calibrate(CalibrationRun run);
}
