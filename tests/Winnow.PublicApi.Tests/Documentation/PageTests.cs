using System.Runtime.CompilerServices;
using Winnow.Generation;

namespace Winnow.PublicApi.Tests.Documentation;

public class PageTests
{
    [Theory]
    [InlineData("docs/long-contexts.md", "LongContextsSample.cs", "Sample")]
    public void The_sample_in_the_text_is_the_one_that_compiles_here(string page, string source, string marker)
    {
        string folder = Path.GetDirectoryName(ThisFile())!;
        string readme = File.ReadAllText(Checkout.PathOf(page));
        string code = File.ReadAllText(Path.Combine(folder, source));
        string begin = $"// {marker}: begin\n";
        int start = code.IndexOf(begin, StringComparison.Ordinal) + begin.Length;
        string sample = code[start..code.IndexOf($"        // {marker}: end", StringComparison.Ordinal)];
        sample = string.Join('\n', sample.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line));
        Assert.Contains(sample, readme, StringComparison.Ordinal);
        foreach (string line in code.Split('\n').Where(line => line.StartsWith("using ", StringComparison.Ordinal)))
        {
            Assert.Contains(line + "\n", readme, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_sample_about_long_contexts_runs_on_the_bundled_model()
    {
        using Engine engine = Engine.Load(Checkout.ModelPath);
        LongContextsSample.Run(engine);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
