using System.Runtime.CompilerServices;

namespace Winnow.Tests.Documentation;

public class ReadmeTests
{
    [Fact]
    public void The_sample_in_the_readme_is_the_one_that_compiles_here()
    {
        string folder = Path.GetDirectoryName(ThisFile())!;
        string readme = File.ReadAllText(Path.Combine(folder, "..", "..", "..", "README.md"));
        string code = File.ReadAllText(Path.Combine(folder, "ReadmeSample.cs"));
        const string Begin = "// README sample: begin\n";
        int start = code.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        string sample = code[start..code.IndexOf("        // README sample: end", StringComparison.Ordinal)];
        sample = string.Join('\n', sample.Split('\n').Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line));
        Assert.Contains(sample, readme, StringComparison.Ordinal);
        foreach (string line in code.Split('\n').Where(line => line.StartsWith("using ", StringComparison.Ordinal)))
        {
            Assert.Contains(line + "\n", readme, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_sample_runs_on_the_bundled_model()
    {
        string model = Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", "..", "..", "models", "lab-q8_0.gguf");
        await ReadmeSample.RunAsync(model, TestContext.Current.CancellationToken);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
