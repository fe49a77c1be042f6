using System.Diagnostics;
using Winnow.Tests.Cli;

namespace Winnow.Vulkan.Tests;

/// <summary>Processes that share a device, and one that is killed while it computes.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly string _cache = Directory.CreateTempSubdirectory("winnow-cache-").FullName;

    public ProcessTests() => TestDevice.Open().Dispose();

    public void Dispose() => Directory.Delete(_cache, recursive: true);

    [Fact]
    public void What_is_killed_while_it_computes_leaves_the_next_one_undisturbed()
    {
        using (Process killed = WinnowProcess.Start(Words("vulkan:0", 400), Variables))
        {
            // A token was written: others are being computed.
            Assert.NotEqual(-1, killed.StandardOutput.Read());
            killed.Kill();
            killed.WaitForExit();
        }

        Assert.Equal(Answer("cpu"), Answer("vulkan:0"));
    }

    [Fact]
    public void Two_processes_at_once_answer_as_one_alone()
    {
        string alone = Answer("cpu");
        string[] answers = new string[2];
        Parallel.For(0, answers.Length, i => answers[i] = Answer("vulkan:0"));
        Assert.All(answers, answer => Assert.Equal(alone, answer));
    }

    private (string, string)[] Variables => [("WINNOW_VULKAN_CACHE", _cache), ("WINNOW_VULKAN_VALIDATION", "0")];

    private static string[] Words(string device, int tokens) =>
        ["run", "-p", "The capital of France is", "-n", $"{tokens}", "--temp", "0", "-c", "512", "--ignore-eos", "--device", device];

    private string Answer(string device)
    {
        WinnowProcess process = WinnowProcess.Run(Words(device, 5), variables: Variables);
        Assert.Equal((0, ""), (process.ExitCode, process.Errors));
        return process.Output;
    }
}
