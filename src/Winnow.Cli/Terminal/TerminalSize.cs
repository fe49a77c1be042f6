namespace Winnow.Cli.Terminal;

/// <summary>The size of the terminal, now.</summary>
internal static class TerminalSize
{
    private const int UsualColumns = 80;
    private const int UsualRows = 24;

    /// <summary>Columns, at least as many as the longest character takes that is spelled out.</summary>
    public static int Columns => Math.Max(8, Ask(() => Console.WindowWidth, UsualColumns));

    /// <summary>Rows, at least 2.</summary>
    public static int Rows => Math.Max(2, Ask(() => Console.WindowHeight, UsualRows));

    private static int Ask(Func<int> ask, int usual)
    {
        try
        {
            return ask() is > 0 and int size ? size : usual;
        }
        catch (Exception e) when (e is IOException or PlatformNotSupportedException)
        {
            return usual;
        }
    }
}
