using System.Diagnostics;
using Winnow.Fuzz.Running;
using Winnow.Fuzz.Surfaces;

namespace Winnow.Fuzz.Tests;

/// <summary>What goes wrong is told with surface, seed and number, whatever becomes of the process, and the other inputs are tried all the same.</summary>
public sealed class WatchdogTests : IDisposable
{
    private const int Count = 12;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("winnow-fuzz-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("exception", "exception", "InvalidOperationException", "5")]
    [InlineData("hang", "time", "by the clock", "0.1")]
    [InlineData("allocation", "memory", "MiB", "5")]
    [InlineData("native", "memory", "MiB more than before", "5")]
    [InlineData("overflow", "death", "Stack overflow", "5")]
    public async Task An_input_that_goes_wrong_is_found_and_kept(string fault, string kind, string details, string limitSeconds)
    {
        using Surface surface = new FaultSurface(fault);
        (ulong seed, int bad) = FindSeed(surface);

        string program = Path.Combine(AppContext.BaseDirectory, "Winnow.Fuzz.dll");
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            ArgumentList =
            {
                "exec", program, "run", "--surface", surface.Name, "--inputs", $"{Count}", "--seed", $"{seed}", "--limit", limitSeconds, "--findings", _folder.FullName,
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        string error = await errors;
        await process.WaitForExitAsync();

        Assert.True(process.ExitCode == 1, error);
        Assert.Contains($"| {surface.Name} | {Count} |", output, StringComparison.Ordinal);
        Assert.Contains($"{surface.Name}, seed {seed}, input {bad}: {kind}", error, StringComparison.Ordinal);
        string kept = _folder.EnumerateFiles($"{surface.Name}-{seed}-{bad}.input").Single().FullName;
        Assert.Equal([0], await File.ReadAllBytesAsync(kept));
        Assert.Contains(details, await File.ReadAllTextAsync(Path.ChangeExtension(kept, ".txt")), StringComparison.Ordinal);
    }

    /// <summary>A seed with one bad input among those that are tried, and good ones before and behind it.</summary>
    private static (ulong Seed, int Bad) FindSeed(Surface surface)
    {
        for (ulong seed = 0; ; seed++)
        {
            int[] bad = [.. Enumerable.Range(0, Count).Where(number => FuzzRunner.Input(surface, seed, number) is [0])];
            if (bad is [> 0 and < Count - 1 and int only])
            {
                return (seed, only);
            }
        }
    }
}
