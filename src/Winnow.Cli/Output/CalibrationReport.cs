using System.Globalization;
using Winnow.Lab.Calibration;

namespace Winnow.Cli.Output;

/// <summary>How far a calibration is: a line with the time left of the present method on a terminal, a line for each tenth of it elsewhere.</summary>
/// <param name="methods">How many methods there are.</param>
internal sealed class CalibrationReport(int methods) : IDisposable
{
    private const int Parts = 10;

    private ProgressLine? _line;
    private string? _method;
    private int _number;
    private int _part;

    public void Show(CalibrationProgress progress)
    {
        if (progress.Method != _method)
        {
            // A line of its own, because the time that is left is judged by the time since its beginning.
            _line?.Dispose();
            _method = progress.Method;
            _number++;
            _part = -1;
            _line = new ProgressLine($"{_method} ({_number} of {methods})");
        }

        _line!.Report(progress.Fraction, 1, progress.Activity);
        int part = (int)(progress.Fraction * Parts);
        if (Console.IsErrorRedirected && part > _part)
        {
            _part = part;
            Console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{_method} ({_number} of {methods}): {100 * progress.Fraction:F0} %, {progress.Activity}"));
        }
    }

    public void Dispose() => _line?.Dispose();
}
