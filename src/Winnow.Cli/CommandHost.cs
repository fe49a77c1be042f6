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
        catch (OperationCanceledException)
        {
            return Fail(ExitCodes.Interrupted, "interrupted");
        }
        catch (UsageException e)
        {
            return Fail(ExitCodes.Usage, e.Message);
        }
        catch (Exception e) when (e is WinnowException or IOException or UnauthorizedAccessException or NotSupportedException or OutOfMemoryException)
        {
            return Fail(ExitCodes.Failure, e.Message);
        }
        catch (ArgumentException e)
        {
            // Options are validated by the engine's records; their messages name the option and its range.
            return Fail(ExitCodes.Usage, e.Message);
        }
        finally
        {
            Console.CancelKeyPress -= onInterrupt;
        }
    }

    /// <summary>What is typed for a command, such as <c>eval ruler</c>.</summary>
    private static string PathOf(SymbolResult command) =>
        command is CommandResult { Command: not RootCommand, Command.Name: string name, Parent: { } parent } ? $"{PathOf(parent)}{name} " : "";

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"winnow: {message.ReplaceLineEndings(" ")}");
        return exitCode;
    }
}
