using System.Diagnostics;
using System.Text.Json;

namespace Winnow.Tests.Cli;

/// <summary>The built <c>winnow</c> command, run as users run it.</summary>
/// <param name="ExitCode">What the process answered to the shell.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Errors">Its standard error.</param>
internal sealed record WinnowProcess(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The only line of standard error.</summary>
    public string ErrorLine
    {
        get
        {
            string line = Errors.TrimEnd('\n', '\r');
            Assert.DoesNotContain('\n', line);
            return line;
        }
    }

    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command to its end.</summary>
    /// <param name="arguments">The words of the command line.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="variables">Environment variables.</param>
    public static WinnowProcess Run(IEnumerable<string> arguments, string input = "", params (string Name, string Value)[] variables)
    {
        using Process process = Start(arguments, variables);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(Patience))
        {
            process.Kill();
            Assert.Fail($"winnow {string.Join(' ', arguments)} did not end");
        }

        return new WinnowProcess(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    /// <summary>Starts a command.</summary>
    /// <param name="arguments">The words of the command line.</param>
    /// <param name="variables">Environment variables.</param>
    public static Process Start(IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Winnow.Cli.dll");
        ProcessStartInfo start = new(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs a command that must succeed and prints JSON.</summary>
    public static JsonElement RunJson(params string[] arguments)
    {
        WinnowProcess process = Run([.. arguments, "--json"]);
        Assert.True(process.ExitCode == 0, process.Errors);
        return process.Json;
    }
}
