using System.CommandLine;
using System.CommandLine.Help;
using System.Runtime.InteropServices;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;

namespace Winnow.Cli;

/// <summary>Runs a command: Ctrl-C and the signals that end a process cancel, an error is one line on stderr, the exit code says how it ended.</summary>
internal static class CommandHost
{
    /// <summary>How long a command may take to stop when the process is told to end.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static int Run(RootCommand root, string[] args)
    {
        StandardStreams.Install();
        Prepare(root);
        if (args is ["help", .. string[] about])
        {
            args = [.. about, "--help"];
        }

        ParseResult parsed = root.Parse(OptionValues.Join(root, args), new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.CommandResult.Command.Subcommands.Count > 0 && parsed is { UnmatchedTokens.Count: 0, Errors.Count: > 0 })
        {
            // A name of commands alone asks which there are.
            HelpPage.Write(Console.Out, parsed.CommandResult.Command, HelpPage.Width());
            return ExitCodes.Success;
        }

        if (parsed.Action is not HelpPage && UsageError.Of(parsed) is { } wrong)
        {
            return Fail(ExitCodes.Usage, $"{wrong} (see: {HelpPage.PathOf(parsed.CommandResult.Command)} --help)");
        }

        using CancellationTokenSource interrupt = new();
        int? signalled = null;
        ConsoleCancelEventHandler onInterrupt = (_, pressed) =>
        {
            // The first Ctrl-C asks for a clean stop; a second one ends the process at once.
            pressed.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        };
        Console.CancelKeyPress += onInterrupt;
        using Timer deadline = new(_ => Environment.Exit(signalled ?? ExitCodes.Failure));
        void OnSignal(PosixSignalContext context)
        {
            // Whoever sends one does not wait for ever, and neither does this.
            context.Cancel = true;
            signalled = ExitCodes.Of(context.Signal);
            deadline.Change(Grace, Timeout.InfiniteTimeSpan);
            interrupt.Cancel();
        }

        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal);
        try
        {
            InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
            int exitCode = parsed.InvokeAsync(configuration, interrupt.Token).GetAwaiter().GetResult();
            return signalled ?? exitCode;
        }
        catch (Exception e)
        {
            (int exitCode, string message) = Outcome(e);
            return Fail(e is OperationCanceledException ? signalled ?? exitCode : exitCode, message);
        }
        finally
        {
            Console.CancelKeyPress -= onInterrupt;
        }
    }

    /// <summary>How an exception ends the process, and what it tells the user; nothing where nobody is there to be told.</summary>
    internal static (int ExitCode, string Message) Outcome(Exception error) => error switch
    {
        OutputClosedException => (ExitCodes.OutputClosed, ""),
        OperationCanceledException => (ExitCodes.Interrupted, "interrupted"),
        UsageException => (ExitCodes.Usage, error.Message),
        WinnowException or IOException or UnauthorizedAccessException or NotSupportedException or OutOfMemoryException =>
            (ExitCodes.Failure, error.Message),

        // What users type is checked where it is read (UserInput): an argument that is wrong here is the program's own.
        _ => (ExitCodes.Failure, $"this is a bug in winnow, please report it: {error}"),
    };

    private static void Prepare(RootCommand root)
    {
        InvariantNumbers.Use(root);
        foreach (HelpOption help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpPage();
        }
    }

    private static int Fail(int exitCode, string message)
    {
        if (message.Length > 0)
        {
            Console.Error.WriteLine($"winnow: {VisibleText.OneLine(message.ReplaceLineEndings(" "))}");
        }

        return exitCode;
    }
}
