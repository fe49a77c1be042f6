namespace Winnow.Cli.Terminal;

/// <summary>How text stands out: not at all where NO_COLOR or TERM say so.</summary>
/// <param name="isPlain">Whether nothing stands out.</param>
internal sealed class TerminalStyle(bool isPlain)
{
    /// <summary>Whether nothing stands out.</summary>
    public bool IsPlain => isPlain;

    /// <summary>Text behind it is dim.</summary>
    public string Dim => isPlain ? "" : "\u001b[2m";

    /// <summary>Text behind it is as usual.</summary>
    public string Normal => isPlain ? "" : "\u001b[0m";

    /// <summary>Whether the terminal can do more than print lines.</summary>
    public static bool IsDumb => Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb";

    /// <summary>As the environment wants it (https://no-color.org).</summary>
    public static TerminalStyle OfEnvironment() => new(IsDumb || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 });
}
