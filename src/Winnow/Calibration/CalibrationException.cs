namespace Winnow.Calibration;

/// <summary>A calibration file is missing, damaged or of another model, or a calibration cannot be made.</summary>
/// <remarks>The message names the file and says what to do.</remarks>
public sealed class CalibrationException : WinnowException
{
    /// <summary>Creates an error.</summary>
    public CalibrationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates an error that another one caused.</summary>
    public CalibrationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
