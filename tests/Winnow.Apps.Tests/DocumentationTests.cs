using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Winnow.Conversations;
using Winnow.Extensions.AI;
using Winnow.Generation;
using Winnow.Sampling;

namespace Winnow.Apps.Tests;

/// <summary>docs/embedding.md shows code that compiles and runs.</summary>
public sealed class DocumentationTests(LabEngine lab) : IClassFixture<LabEngine>
{
    private static readonly GenerationOptions Short = new() { MaxTokens = 12, Sampling = SamplingOptions.Greedy };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public void The_code_of_the_page_is_the_one_that_runs_here()
    {
        string page = File.ReadAllText(Path.Combine(LabEngine.Root, "docs", "embedding.md")).ReplaceLineEndings("\n");
        string code = string.Join('\n', File.ReadAllLines(Path.Combine(Path.GetDirectoryName(ThisFile())!, "EmbeddingSamples.cs"))
            .Select(line => line.StartsWith("        ", StringComparison.Ordinal) ? line[8..] : line));
        MatchCollection blocks = Regex.Matches(page, "```csharp\n(.*?)```", RegexOptions.Singleline);
        Assert.True(blocks.Count >= 8, $"only {blocks.Count} pieces of code");
        Assert.All(blocks, block => Assert.Contains(block.Groups[1].Value, code, StringComparison.Ordinal));
    }

    /// <summary>Word for word, but for the path; tests/packages.sh runs it as a program of its own.</summary>
    [Fact]
    public void The_program_in_README_is_the_five_lines_of_the_page()
    {
        string readme = File.ReadAllText(Path.Combine(LabEngine.Root, "README.md")).ReplaceLineEndings("\n");
        string page = File.ReadAllText(Path.Combine(LabEngine.Root, "docs", "embedding.md")).ReplaceLineEndings("\n");
        string lines = Regex.Match(page, "```csharp\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.Contains(lines.Replace("modelPath", "\"path/to/model.gguf\"", StringComparison.Ordinal), readme, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_code_runs()
    {
        string folder = Directory.CreateTempSubdirectory("winnow-docs").FullName;
        try
        {
            await EmbeddingSamples.FiveLinesAsync(LabEngine.ModelPath);
            string text = $"{Texts.Sentences(1, 20)}\n\nThe signal code is 4711.\n\n{Texts.Sentences(2, 20)}";
            await EmbeddingSamples.ChatAsync(lab.Engine, Short, Path.Combine(folder, "chat.json"), Stop);
            await EmbeddingSamples.DocumentsAsync(lab.Engine, Short, text, Stop);
            using Chat chat = new(lab.Engine);
            await EmbeddingSamples.FullContextAsync(chat, Short, "Hello", Stop);
            await EmbeddingSamples.SchedulerAsync(lab.Engine, Texts.Chat("Be brief.", "Hello"), Short, Stop);
            await EmbeddingSamples.FormsAsync(lab.Engine, Short, Stop);
            using WinnowChatClient client = new(lab.Engine);
            await EmbeddingSamples.MiddlewaresAsync(client);
            ServiceCollection services = new();
            EmbeddingSamples.Services(services, LabEngine.ModelPath);
            await using ServiceProvider provider = services.BuildServiceProvider();
            Assert.NotNull(await provider.GetRequiredService<IChatClient>().GetResponseAsync("Hello", new ChatOptions { MaxOutputTokens = 2 }, Stop));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
