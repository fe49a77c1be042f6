using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class HistoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Entries_come_back_whole()
    {
        string path = Path.Combine(_folder.Path, "state", "history");
        LineHistory history = new(new HistoryFile(path));
        foreach (string entry in (string[])["one", "two\nlines \\n", "two\nlines \\n", " a secret", "", new string('x', HistoryFile.LongestEntry + 1), "中文"])
        {
            history.Add(entry);
        }

        Assert.Equal(["one", "two\nlines \\n", "中文"], new HistoryFile(path).Read());
    }

    [Fact]
    public void Only_the_newest_are_kept()
    {
        string path = _folder.Write("history", string.Concat(Enumerable.Range(0, HistoryFile.MostEntries + 5).Select(i => $"{i}\n")));
        Assert.Equal("5", new HistoryFile(path).Read()[0]);
        Assert.Equal(HistoryFile.MostEntries, File.ReadLines(path).Count());
    }

    [Fact]
    public void Where_nothing_can_be_written_nothing_is_kept_and_nothing_fails()
    {
        string file = _folder.Write("file", "");
        LineHistory history = new(new HistoryFile(Path.Combine(file, "history")));
        history.Add("one");
        Assert.Equal(["one"], history.Entries);
    }

    [Fact]
    public void Escapes_in_the_file_do_not_reach_a_terminal()
    {
        string path = _folder.Write("history", "a\u001b[2Jb\n");
        Assert.Equal(["a\\x1B[2Jb"], new HistoryFile(path).Read());
    }
}
