using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;

namespace Winnow.Apps.Tests;

/// <summary>The programs in samples/ run on the bundled model.</summary>
public sealed class SamplesTests : IDisposable
{
    private static readonly string Configuration = AppContext.BaseDirectory.Contains($"{Path.DirectorySeparatorChar}Debug{Path.DirectorySeparatorChar}", StringComparison.Ordinal) ? "Debug" : "Release";
    private readonly string _folder = Directory.CreateTempSubdirectory("winnow-samples").FullName;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_chat_answers_line_by_line()
    {
        string output = await RunAsync("Chat", "Hello\nAnd now?\n", LabEngine.ModelPath);
        Assert.Equal(3, output.Split("> ").Length - 1);
        Assert.True(output.Length > 20, output);
    }

    [Fact]
    public async Task Answers_from_documents_cite_their_passages()
    {
        string file = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(file, $"{Texts.Sentences(1, 40)}\n\nThe signal code of the harbour is 4711.\n\n{Texts.Sentences(2, 40)}");
        string output = await RunAsync("Documents", "", LabEngine.ModelPath, "What is the signal code of the harbour?", file);
        Assert.Contains("notes.txt, characters ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_users_share_what_they_have_in_common()
    {
        string output = await RunAsync("Users", "", LabEngine.ModelPath);
        Assert.Contains("24 answers", output, StringComparison.Ordinal);
        string[] words = output[output.IndexOf("24 answers", StringComparison.Ordinal)..].Split(' ');
        int prompt = int.Parse(words[2], CultureInfo.InvariantCulture);
        int cached = int.Parse(words[7], CultureInfo.InvariantCulture);
        Assert.True(cached > 3 * (prompt - cached), output);
    }

    [Fact]
    public async Task The_web_service_streams()
    {
        using Process process = Start("Streaming", "--urls", "http://127.0.0.1:0", $"--Winnow:ModelPath={LabEngine.ModelPath}");
        try
        {
            string? address = null;
            while (address is null && await process.StandardOutput.ReadLineAsync(Stop) is { } line)
            {
                int at = line.IndexOf("http://127.0.0.1:", StringComparison.Ordinal);
                address = at < 0 ? null : line[at..].Trim();
            }

            _ = process.StandardOutput.ReadToEndAsync(Stop);
            using HttpClient client = new() { BaseAddress = new Uri(address!) };
            using HttpResponseMessage response = await client.PostAsJsonAsync("/chat", new { messages = new[] { new { role = "user", text = "Hello" } } }, Stop);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
            string[] lines = (await response.Content.ReadAsStringAsync(Stop)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(lines.Count(line => line.StartsWith("data:", StringComparison.Ordinal)) > 1);
            Assert.Equal("Healthy", await client.GetStringAsync("/health", Stop));
        }
        finally
        {
            process.Kill();
        }
    }

    private static Process Start(string sample, params string[] arguments)
    {
        string program = Path.Combine(LabEngine.Root, "samples", sample, "bin", Configuration, "net10.0", OperatingSystem.IsWindows() ? $"{sample}.exe" : sample);
        ProcessStartInfo start = new(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    private static async Task<string> RunAsync(string sample, string input, params string[] arguments)
    {
        using Process process = Start(sample, arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync(Stop);
        Task<string> errors = process.StandardError.ReadToEndAsync(Stop);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(Stop);
        Assert.True(process.ExitCode == 0, await errors);
        return await output;
    }
}
