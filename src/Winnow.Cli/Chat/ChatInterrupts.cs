using System.Runtime.InteropServices;
using Winnow.Cli.Terminal;

namespace Winnow.Cli.Chat;

/// <summary>Ctrl-C and the signals that end a process, in each state of a chat: something that can be stopped runs, or it waits for a message.</summary>
internal sealed class ChatInterrupts : IDisposable
{
    private readonly Lock _lock = new();
    private readonly TerminalInput? _terminal;
    private readonly Action<string> _note;
    private readonly PosixSignalRegistration[] _signals;
    private CancellationTokenSource? _work;
    private bool _isAsked;
    private bool _isWaiting;
    private bool _isLeaving;

    /// <summary>Listens from now on.</summary>
    /// <param name="terminal">Where Ctrl-C is a key; null where it is a signal.</param>
    /// <param name="note">Says something to the user.</param>
    public ChatInterrupts(TerminalInput? terminal, Action<string> note)
    {
        _terminal = terminal;
        _note = note;
        Console.CancelKeyPress += OnCancelKey;
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal)];
    }

    /// <summary>What is said when Ctrl-C would leave if it came again.</summary>
    public const string LeaveHint = "press Ctrl-C again to leave";

    /// <summary>Whether messages are written in an editor.</summary>
    public bool HasEditor => _terminal is not null;

    /// <summary>Runs something that Ctrl-C stops; a second one, where the first is not obeyed, ends the process.</summary>
    /// <returns>Whether it came to its end.</returns>
    public bool Run(Action<CancellationToken> work)
    {
        using CancellationTokenSource stop = new();
        lock (_lock)
        {
            if (_isLeaving)
            {
                return false;
            }

            _work = stop;
        }

        _terminal?.WhileBusy(Interrupt);
        try
        {
            work(stop.Token);
            return true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            lock (_lock)
            {
                _work = null;
            }
        }
    }

    /// <summary>Waits for a message: a signal that ends the process does so at once.</summary>
    /// <returns>The message; the default where the process is told to end.</returns>
    public LineResult Wait(Func<LineResult> read)
    {
        lock (_lock)
        {
            if (_isLeaving)
            {
                return new LineResult(LineEnding.EndOfInput);
            }

            _isWaiting = true;
        }

        LineResult line = read();
        lock (_lock)
        {
            _isWaiting = false;
            _isAsked = false;

            // Told to end in this moment: nothing may begin while the process exits.
            return _isLeaving ? new LineResult(LineEnding.EndOfInput) : line;
        }
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnCancelKey;
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }
    }

    private void OnCancelKey(object? sender, ConsoleCancelEventArgs pressed)
    {
        pressed.Cancel = true;
        Interrupt();
    }

    private void Interrupt()
    {
        lock (_lock)
        {
            if (_work is { IsCancellationRequested: false })
            {
                _work.Cancel();
                return;
            }

            if (_work is null && _terminal is not null)
            {
                _terminal.Add(KeyKind.Interrupt);
                return;
            }

            if (_work is null && !_isAsked)
            {
                _isAsked = true;
                _note(LeaveHint);
                return;
            }
        }

        Environment.Exit(ExitCodes.Interrupted);
    }

    /// <summary>Who is told to end while it waits for a question ends at once; a reply or a scan is stopped first, a file written to its end.</summary>
    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_lock)
        {
            _isLeaving = true;
            _work?.Cancel();
            if (!_isWaiting)
            {
                return;
            }
        }

        Environment.Exit(ExitCodes.Of(context.Signal));
    }
}
