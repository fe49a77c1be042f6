using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Entries of a history on disk, one a line, readable by their owner only. What cannot be read or written is not kept, and nobody is bothered.</summary>
/// <param name="path">The file.</param>
internal sealed class HistoryFile(string path)
{
    /// <summary>Names another file, or <c>off</c> for none.</summary>
    public const string Variable = "WINNOW_HISTORY";

    /// <summary>The most entries that are kept.</summary>
    public const int MostEntries = 1000;

    /// <summary>An entry with more characters is not kept: it was pasted.</summary>
    public const int LongestEntry = 8192;

    private const long MostBytes = 4 << 20;

    /// <summary>The user's history: <c>winnow/history</c> in the state folder (XDG), unless <see cref="Variable"/> says otherwise; null for none.</summary>
    public static HistoryFile? OfUser()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        if (named is not null)
        {
            return named is "" || named.Equals("off", StringComparison.OrdinalIgnoreCase) || named == "0" ? null : new HistoryFile(named);
        }

        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return !Path.IsPathRooted(state) && home.Length == 0 ? null
            : new HistoryFile(Path.Combine(Path.IsPathRooted(state) ? state : Path.Combine(home, ".local", "state"), "winnow", "history"));
    }

    /// <summary>The entries, the oldest first; a file that has grown too long is cut.</summary>
    public List<string> Read()
    {
        try
        {
            FileInfo file = new(path);
            if (!file.Exists || file.Length > MostBytes)
            {
                return [];
            }

            List<string> entries = [.. File.ReadLines(path).Where(line => line.Length > 0).Select(Unescape)];
            if (entries.Count <= MostEntries)
            {
                return entries;
            }

            entries.RemoveRange(0, entries.Count - MostEntries);
            if (entries.Count > 0)
            {
                Write(FileMode.Create, entries);
            }

            return entries;
        }
        catch (Exception e) when (IsOfFile(e))
        {
            return [];
        }
    }

    /// <summary>Adds an entry.</summary>
    public void Append(string entry)
    {
        if (entry.Length > LongestEntry)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            Write(FileMode.Append, [entry]);
        }
        catch (Exception e) when (IsOfFile(e))
        {
            // Then it is not kept.
        }
    }

    private void Write(FileMode mode, IEnumerable<string> entries)
    {
        FileStreamOptions options = new() { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using FileStream file = new(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        file.Write(Encoding.UTF8.GetBytes(string.Concat(entries.Select(entry => Escape(entry) + "\n"))));
    }

    private static bool IsOfFile(Exception e) => e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static string Escape(string entry) => entry.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string Unescape(string line)
    {
        StringBuilder entry = new(line.Length);
        for (int i = 0; i < line.Length; i++)
        {
            char c = line[i];
            if (c == '\\' && i + 1 < line.Length)
            {
                c = line[++i] == 'n' ? '\n' : line[i];
            }

            entry.Append(c);
        }

        return TypedText.Clean(entry.ToString());
    }
}
