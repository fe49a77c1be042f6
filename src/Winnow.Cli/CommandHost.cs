using System.CommandLine;
using System.CommandLine.Parsing;

namespace Winnow.Cli;

/// <summary>Runs a command: Ctrl-C cancels, an error is one line on stderr, the exit code says how it ended.</summary>
internal static class CommandHost
{
    public static int Run(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return Fail(ExitCodes.Usage, $"{parsed.Errors[0].Message} (see: winnow {PathOf(parsed.CommandResult)}--help)");
        }

        using CancellationTokenSource interrupt = new();
        ConsoleCancelEventHandler onInterrupt = (_, pressed) =>
        {
            // The first Ctrl-C asks for a clean stop; a second one ends the process at once.
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        Console.CancelKeyPress += onInterrupt;
        try
        {
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            return parsed.InvokeAsync(configuration, interrupt.Token).GetAwaiter().GetResult();
        }
        catch (Exception e)
        {
            (int exitCode, string message) = Outcome(e);
            return Fail(exitCode, message);
        }
        finally
        {
            Console.CancelKeyPress -= onInterrupt;
        }
    }

    /// <summary>How an exception ends the process, and what it tells the user.</summary>
    internal static (int ExitCode, string Message) Outcome(Exception error) => error switch
    {
        OperationCanceledException => (ExitCodes.Interrupted, "interrupted"),
        UsageException => (ExitCodes.Usage, error.Message),
        WinnowException or IOException or UnauthorizedAccessException or NotSupportedException or OutOfMemoryException =>
            (ExitCodes.Failure, error.Message),

        // What users type is checked where it is read (UserInput): an argument that is wrong here is the program's own.
        _ => (ExitCodes.Failure, $"this is a bug in winnow, please report it: {error}"),
    };

    /// <summary>What is typed for a command, such as <c>eval ruler</c>.</summary>
    private static string PathOf(SymbolResult command) =>
        command is CommandResult { Command: not RootCommand, Command.Name: string name, Parent: { } parent } ? $"{PathOf(parent)}{name} " : "";

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"winnow: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
