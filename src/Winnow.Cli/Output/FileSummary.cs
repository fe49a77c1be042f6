using System.Globalization;

namespace Winnow.Cli.Output;

/// <summary>What was written, in one line on stderr.</summary>
internal static class FileSummary
{
    public static void Write(string path) =>
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}: {new FileInfo(path).Length / 1e6:F1} MB"));
}
