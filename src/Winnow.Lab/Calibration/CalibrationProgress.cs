namespace Winnow.Lab.Calibration;

/// <summary>How far a calibration is.</summary>
/// <param name="Method">The method under way.</param>
/// <param name="Activity">What it does, such as <c>codebook of layer 3</c>.</param>
/// <param name="Fraction">Of the method's work, from 0 to 1.</param>
public readonly record struct CalibrationProgress(string Method, string Activity, double Fraction);
