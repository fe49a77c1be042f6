using System.Diagnostics;
using System.Globalization;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Output;

/// <summary>One line on stderr that shows how far a long job is: from the second second on, and only on a terminal, whose width it fits.</summary>
internal sealed class ProgressLine(string what) : IDisposable
{
    private const int BarWidth = 24;
    private const int LeastBarWidth = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _next = Patience;
    private int _shown;

    /// <summary>Shows progress, at most ten times a second.</summary>
    public void Report(double done, double total, string detail = "")
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed < _next || total <= 0 || Console.IsErrorRedirected)
        {
            return;
        }

        _next = elapsed + Interval;
        double fraction = Math.Clamp(done / total, 0, 1);
        string left = fraction > 0.01 ? $"{(elapsed / fraction) - elapsed:m\\:ss} left" : "";

        // The last column stays free: behind it some terminals begin a new line.
        string line = Compose(what, fraction, left, VisibleText.OneLine(detail), TerminalSize.Columns - 1);
        Erase();
        StandardStreams.Drawing.Write(line);
        _shown = line.Length;
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_shown > 0)
        {
            Erase();
            _shown = 0;
        }
    }

    /// <summary>The line: a bar of what room there is, and as many of the words as fit.</summary>
    internal static string Compose(string what, double fraction, string left, string detail, int columns)
    {
        string percent = string.Create(CultureInfo.InvariantCulture, $"{100 * fraction,3:F0} %");
        string end = $"{percent} {left} {detail}".TrimEnd();
        foreach (string shorter in (ReadOnlySpan<string>)[$"{percent} {left}".TrimEnd(), percent])
        {
            end = what.Length + LeastBarWidth + 4 + end.Length > columns ? shorter : end;
        }

        int bar = Math.Min(BarWidth, columns - what.Length - end.Length - 4);
        string line = bar < LeastBarWidth ? $"{what} {end}" : $"{what} [{new string('=', (int)(fraction * bar)).PadRight(bar)}] {end}";
        return line.Length <= columns ? line : line[..Math.Max(0, columns)];
    }

    private void Erase()
    {
        // A terminal that became narrower has wrapped the line.
        int above = _shown == 0 ? 0 : (_shown - 1) / TerminalSize.Columns;
        string up = above > 0 ? string.Create(CultureInfo.InvariantCulture, $"\u001b[{above}A") : "";
        StandardStreams.Drawing.Write($"\r{up}\u001b[J");
    }
}
