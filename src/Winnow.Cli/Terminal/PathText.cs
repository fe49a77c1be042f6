using System.Text;
using Winnow.Cli.Output;

namespace Winnow.Cli.Terminal;

/// <summary>Paths as people type them: in quotes, with <c>~</c> for the home folder, with a backslash before a blank.</summary>
internal static class PathText
{
    /// <summary>The path that is meant.</summary>
    public static string Read(string typed)
    {
        string text = typed.Trim();
        char quote = text.Length > 0 ? text[0] : ' ';
        if (quote is '"' or '\'')
        {
            text = text.Length > 1 && text[^1] == quote ? text[1..^1] : text[1..];
        }
        else if (!OperatingSystem.IsWindows())
        {
            text = text.Replace("\\ ", " ", StringComparison.Ordinal);
        }

        return text is "~" || text.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + text[1..]
            : text;
    }

    /// <summary>Files and folders that what was typed may become, typed the same way.</summary>
    /// <param name="typed">From the first character of the argument up to the cursor.</param>
    public static IReadOnlyList<string> Complete(string typed)
    {
        string quote = typed is ['"' or '\'', ..] ? typed[..1] : "";
        string path = Read(typed is "~" ? "~/" : typed);
        string shown = quote.Length > 0 ? typed[1..] : typed.Replace("\\ ", " ", StringComparison.Ordinal);
        int name = path.LastIndexOf('/') + 1;
        string begun = path[name..];
        string folder = name == 0 ? "." : path[..name];
        string prefix = typed is "~" ? "~/" : shown[..(shown.Length - begun.Length)];
        List<string> found = [];
        try
        {
            foreach (FileSystemInfo entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
            {
                if (entry.Name.StartsWith(begun, StringComparison.Ordinal) && (entry.Name[0] != '.' || begun is ['.', ..]) && !entry.Name.Any(VisibleText.IsControl))
                {
                    bool isFolder = entry is DirectoryInfo;
                    string whole = prefix + entry.Name;
                    string mark = quote.Length > 0 ? quote : whole.Contains(' ', StringComparison.Ordinal) || whole is ['\'' or '"', ..] ? "\"" : "";
                    found.Add(new StringBuilder(mark).Append(whole).Append(isFolder ? "/" : mark).ToString());
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return [];
        }

        found.Sort(StringComparer.Ordinal);
        return found;
    }
}
