using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Winnow.Console.Tests.Screens;

/// <summary>A terminal of its own for a program: tmux, which understands what is drawn and says what stands there.</summary>
internal sealed class Tmux : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);
    private static readonly Lazy<string?> Refusal = new(FindRefusal);
    private readonly string _socket = $"winnow-{Environment.ProcessId}-{Guid.NewGuid():N}";

    /// <summary>Starts a program; when it ends, its exit code is the last line.</summary>
    public Tmux(int columns, int rows, string folder, string command)
    {
        Run("-f", "/dev/null", "-u", "new-session", "-d", "-x", Text(columns), "-y", Text(rows), "-c", folder, $"trap : INT; {command}; echo \"[exit $?]\"; sleep 60", ";", "set-option", "-s", "set-clipboard", "on");
    }

    /// <summary>Why there is no terminal here; null where there is.</summary>
    public static string? WhyNot => Refusal.Value;

    /// <summary>What stands there, without blank rows at the end, and where the cursor is.</summary>
    public string Capture()
    {
        string screen = Run("capture-pane", "-p", ";", "display-message", "-p", "#{cursor_x},#{cursor_y}");
        string[] lines = screen.TrimEnd('\n').Split('\n');
        StringBuilder text = new();
        foreach (string line in lines[..^1])
        {
            text.Append(line.TrimEnd()).Append('\n');
        }

        return $"{text.ToString().TrimEnd('\n')}\n[cursor {lines[^1]}]\n";
    }

    /// <summary>What a program has put into the clipboard; empty for nothing.</summary>
    public string Clipboard() => Run("list-buffers").Length == 0 ? "" : Run("show-buffer");

    /// <summary>Rows that have left the screen.</summary>
    public int RowsAbove() => int.Parse(Run("display-message", "-p", "#{history_size}"), CultureInfo.InvariantCulture);

    /// <summary>Presses keys, by tmux's names.</summary>
    public void Press(params string[] keys) => Run(["send-keys", .. keys]);

    /// <summary>Types text.</summary>
    public void Type(string text) => Run("send-keys", "-l", text);

    /// <summary>Pastes text, marked as pasted where the program asks for that.</summary>
    public void Paste(string text)
    {
        Run("set-buffer", text);
        Run("paste-buffer", "-p");
    }

    /// <summary>Pastes what a file holds.</summary>
    public void PasteFile(string path)
    {
        Run("load-buffer", path);
        Run("paste-buffer", "-p");
    }

    public void Resize(int columns, int rows) => Run("resize-window", "-x", Text(columns), "-y", Text(rows));

    /// <summary>Waits until what stands there is as wanted.</summary>
    /// <returns>What stands there in the end, wanted or not.</returns>
    public string WaitFor(Func<string, bool> wanted)
    {
        long start = Stopwatch.GetTimestamp();
        string screen = Capture();
        while (!wanted(screen) && Stopwatch.GetElapsedTime(start) < Patience)
        {
            Thread.Sleep(Interval);
            screen = Capture();
        }

        return screen;
    }

    /// <summary>Waits until a text stands there.</summary>
    public void WaitForText(string text) => Assert.Contains(text, WaitFor(screen => screen.Contains(text, StringComparison.Ordinal)), StringComparison.Ordinal);

    /// <summary>Waits until nothing has changed for a while.</summary>
    public string WaitForRest()
    {
        int same = 0;
        string last = "";
        return WaitFor(screen =>
        {
            same = screen == last ? same + 1 : 0;
            last = screen;
            return same > 40;
        });
    }

    public void Dispose()
    {
        try
        {
            Run("kill-server");
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private static string? FindRefusal()
    {
        if (OperatingSystem.IsWindows())
        {
            return "tmux is for Unix";
        }

        try
        {
            using Process process = Process.Start(new ProcessStartInfo("tmux", ["-V"]) { RedirectStandardOutput = true })!;
            string version = process.StandardOutput.ReadToEnd().Trim();
            string number = new([.. version.SkipWhile(c => !char.IsAsciiDigit(c)).TakeWhile(c => char.IsAsciiDigit(c) || c == '.')]);
            return double.TryParse(number, CultureInfo.InvariantCulture, out double value) && value >= 3.3
                ? null
                : $"{version} is too old: grapheme clusters are shown as such from 3.3 on";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "there is no tmux here (apt-get install tmux)";
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private string Run(params string[] arguments)
    {
        ProcessStartInfo start = new("tmux", ["-L", _socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("TMUX");
        start.Environment["LC_ALL"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"tmux {string.Join(' ', arguments)}: {errors}");
    }
}
