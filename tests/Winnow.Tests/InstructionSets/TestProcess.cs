using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Winnow.Tests.InstructionSets;

/// <summary>Tests of this assembly, run in a child process with environment variables of its own.</summary>
internal static partial class TestProcess
{
    /// <summary>Runs them one by one, asserts that none failed, and counts them.</summary>
    /// <param name="variables">Environment variables.</param>
    /// <param name="filter">Options of the test runner that choose tests.</param>
    public static async Task<int> Run(IEnumerable<(string Name, string Value)> variables, params string[] filter)
    {
        ProcessStartInfo start = new(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [typeof(TestProcess).Assembly.Location, "-noColor", "-maxThreads", "1", .. filter])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}\n{output}\n{await errors}");
        return int.Parse(Totals().Match(output).Groups[1].Value);
    }

    [GeneratedRegex("Total: ([0-9]+)")]
    private static partial Regex Totals();
}
