using Winnow.Cli.Terminal;

namespace Winnow.Console.Tests.Terminal;

public sealed class PathTextTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a b.txt", "a b.txt")]
    [InlineData("\"a b.txt\"", "a b.txt")]
    [InlineData("'a b.txt' ", "a b.txt")]
    [InlineData("a\\ b.txt", "a b.txt")]
    [InlineData("\"a b.txt", "a b.txt")]
    [InlineData("\"", "")]
    [InlineData("", "")]
    public void Quotes_are_not_part_of_a_path(string typed, string path) => Assert.Equal(path, PathText.Read(typed));

    [Fact]
    public void A_tilde_is_the_home_folder()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        Assert.Equal(home + "/x y", PathText.Read("'~/x y'"));
        Assert.Equal(home, PathText.Read("~"));
        Assert.Equal("~name", PathText.Read("~name"));
    }

    [Theory]
    [InlineData("no", "notes.txt|\"notes two.txt\"|nothing/")]
    [InlineData("not", "notes.txt|\"notes two.txt\"|nothing/")]
    [InlineData("\"notes t", "\"notes two.txt\"")]
    [InlineData("nothing/", "nothing/inner")]
    [InlineData(".h", ".hidden")]
    [InlineData("absent/", "")]
    public void Paths_are_completed_as_they_were_begun(string typed, string found)
    {
        foreach (string name in (string[])["notes.txt", "notes two.txt", ".hidden", "nothing/inner", "zoo"])
        {
            _folder.Write(name, "");
        }

        string quote = typed is ['"', ..] ? "\"" : "";
        string begun = $"{quote}{_folder.Path}/{typed.TrimStart('"')}";
        Assert.Equal(
            found.Split('|', StringSplitOptions.RemoveEmptyEntries).Order(),
            PathText.Complete(begun).Select(path => path.Replace(_folder.Path + "/", "", StringComparison.Ordinal)).Order());
    }
}
