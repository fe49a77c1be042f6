using System.Diagnostics;
using System.Text;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Cli;

/// <summary>A disk that is full in the middle of a file, which a limit of the process stands for: the error says so, and nothing is left.</summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Shell = "/bin/bash";

    /// <summary>Less than the files take, and more than a lock, whose length is no more than 1 MiB.</summary>
    private const int LimitKiB = 1100;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_that_finds_no_room_leaves_what_was_there(bool replaces)
    {
        Assert.SkipUnless(File.Exists(Shell), "this system has no shell that limits the length of files");
        string model = WriteModel();
        string small = _folder.Write("small.txt", "A cat sat on a mat."u8);
        string large = _folder.Write("large.txt", Encoding.ASCII.GetBytes(Sentences(60_000)));
        string index = _folder.PathOf("out.index");
        if (replaces)
        {
            Assert.Equal(0, WinnowProcess.Run(["index", "build", index, small, "-m", model]).ExitCode);
        }

        byte[]? before = replaces ? await File.ReadAllBytesAsync(index) : null;
        await FindsNoRoom(index, "index", "build", index, large, "-m", model);
        Assert.Equal(before, replaces ? await File.ReadAllBytesAsync(index) : null);
    }

    [Fact]
    public async Task Cases_that_find_no_room_leave_nothing()
    {
        Assert.SkipUnless(File.Exists(Shell), "this system has no shell that limits the length of files");
        string model = WriteModel();
        string text = _folder.Write("text.txt", Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 200).Select(_ => Sentences(20) + "\n\n"))));
        string cases = _folder.PathOf("cases.jsonl");
        await FindsNoRoom(cases, "eval", "make", "-m", model, "-f", text, "-o", cases, "--lengths", "1024", "-n", "200");
    }

    private string WriteModel()
    {
        string model = _folder.PathOf("model.gguf");
        SyntheticModel.Write(model, SyntheticShape.Find("llama-tiny"), QuantizationMix.Q8_0);
        return model;
    }

    private static string Sentences(int count) => string.Concat(Enumerable.Range(0, count).Select(i => $"Sentence {i} names {i % 700}. "));

    private async Task FindsNoRoom(string target, params string[] arguments)
    {
        string[] names = _folder.Names();
        (int exitCode, string errors) = await RunLimited(arguments);
        Assert.True(exitCode == 1, errors);
        Assert.Contains($"{target}: cannot be written", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("bug", errors, StringComparison.Ordinal);
        Assert.Equal(names, _folder.Names());
    }

    private static async Task<(int ExitCode, string Errors)> RunLimited(params string[] arguments)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Winnow.Cli.dll");
        string host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        ProcessStartInfo start = new(Shell, ["-c", $"trap '' XFSZ; ulimit -f {LimitKiB}; exec \"$@\"", "bash", host, "exec", program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Memory for compiled code is a file too, larger than the limit, unless it may be written and executed at once.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync();
        return (process.ExitCode, errors);
    }
}
