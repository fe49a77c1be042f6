using System.Diagnostics;

namespace Winnow.Cli.Output;

/// <summary>One line on stderr that shows how far a long job is: from the second second on, and only on a terminal.</summary>
internal sealed class ProgressLine(string what) : IDisposable
{
    private const int BarWidth = 24;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);
    private readonly long _start = Stopwatch.GetTimestamp();
    private TimeSpan _next = Patience;
    private bool _shown;

    /// <summary>Shows progress, at most ten times a second.</summary>
    public void Report(double done, double total, string detail = "")
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        if (elapsed < _next || total <= 0 || Console.IsErrorRedirected)
        {
            return;
        }

        _next = elapsed + Interval;
        _shown = true;
        double fraction = Math.Clamp(done / total, 0, 1);
        int filled = (int)(fraction * BarWidth);
        string left = fraction > 0.01 ? $" {(elapsed / fraction) - elapsed:m\\:ss} left" : "";
        StandardStreams.Drawing.Write($"\r\u001b[K{what} [{new string('=', filled)}{new string(' ', BarWidth - filled)}] {fraction,4:P0}{left} {VisibleText.OneLine(detail)}");
    }

    /// <summary>Takes the line away.</summary>
    public void Dispose()
    {
        if (_shown)
        {
            StandardStreams.Drawing.Write("\r\u001b[K");
            _shown = false;
        }
    }
}
