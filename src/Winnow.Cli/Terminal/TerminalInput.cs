using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace Winnow.Cli.Terminal;

/// <summary>Keys of the terminal at standard input, read on a thread of its own: what is typed while nobody asks waits, but Ctrl-C does not.</summary>
internal sealed class TerminalInput : IDisposable
{
    // Bracketed paste on and off.
    private const string PasteOn = "\u001b[?2004h";
    private const string PasteOff = "\u001b[?2004l";

    /// <summary>A job that has not stopped by then cannot be: no shell would let it go on.</summary>
    private static readonly TimeSpan StopTime = TimeSpan.FromMilliseconds(200);

    private readonly TerminalMode _mode;
    private readonly TextWriter _terminal;
    private readonly BlockingCollection<Key> _keys = [];
    private readonly PosixSignalRegistration[] _signals;
    private readonly ManualResetEventSlim _continued = new();
    private readonly bool _hasLines;
    private volatile Action? _interrupt;
    private bool _isDisposed;

    [UnsupportedOSPlatform("windows")]
    private TerminalInput(TerminalMode mode, TextWriter terminal)
    {
        _mode = mode;
        _terminal = terminal;

        // The size is asked for once before: that is when the runtime sets its own mode.
        _ = TerminalSize.Columns;
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => _keys.Add(new Key(KeyKind.Redraw))),
            PosixSignalRegistration.Create(PosixSignal.SIGCONT, OnContinue),
        ];
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        _hasLines = TerminalMode.HasLines;
        Take();
        new Thread(Read) { IsBackground = true, Name = "keys" }.Start();
    }

    /// <summary>Opens the terminal; null where standard input and output are not one that can do more than print lines.</summary>
    public static TerminalInput? Open(TextWriter terminal) =>
        OperatingSystem.IsWindows() || Console.IsInputRedirected || Console.IsOutputRedirected || TerminalStyle.IsDumb || TerminalMode.Find() is not { } mode ? null : new TerminalInput(mode, terminal);

    /// <summary>The next key. While this waits, Ctrl-C is one.</summary>
    public Key Next()
    {
        _interrupt = null;
        return _keys.Take();
    }

    /// <summary>From now until <see cref="Next"/> is called, Ctrl-C does something else.</summary>
    /// <param name="interrupt">Called on another thread.</param>
    public void WhileBusy(Action interrupt) => _interrupt = interrupt;

    /// <summary>Puts a key in as if it had come.</summary>
    public void Add(KeyKind kind) => _keys.Add(new Key(kind));

    /// <summary>Stops the job, and goes on with it.</summary>
    public void Suspend()
    {
        _continued.Reset();
        Give();
        TerminalMode.Suspend();
        if (!_continued.Wait(StopTime))
        {
            Take();
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            AppDomain.CurrentDomain.ProcessExit -= OnExit;
            foreach (PosixSignalRegistration signal in _signals)
            {
                signal.Dispose();
            }

            Give();
        }
    }

    private void OnContinue(PosixSignalContext context)
    {
        // The runtime would set its own mode behind this one.
        context.Cancel = true;
        Take();
        _continued.Set();
    }

    private void OnExit(object? sender, EventArgs e) => Give();

    private void Take()
    {
        _mode.SetRaw();
        _terminal.Write(PasteOn);
        _terminal.Flush();
        _keys.Add(new Key(KeyKind.Redraw));
    }

    private void Give()
    {
        _terminal.Write(PasteOff);
        _terminal.Flush();
        _mode.Restore();
    }

    private void Read()
    {
        KeyParser parser = new();
        byte[] bytes = new byte[1 << 16];
        try
        {
            using SafeFileHandle handle = new(0, ownsHandle: false);
            using FileStream input = new(handle, FileAccess.Read, bufferSize: 0);
            bool isFirst = true;
            while (input.Read(bytes) is > 0 and int count)
            {
                if (isFirst && _hasLines)
                {
                    bytes.AsSpan(0, count).Replace((byte)'\n', (byte)'\r');
                }

                isFirst = false;
                foreach (Key key in parser.Feed(bytes.AsSpan(0, count)))
                {
                    Pass(key);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // The terminal is gone.
        }

        _keys.Add(new Key(KeyKind.EndOfInput));
    }

    private void Pass(Key key)
    {
        if (_interrupt is not { } interrupt || key.Kind is not (KeyKind.Interrupt or KeyKind.Suspend))
        {
            _keys.Add(key);
        }
        else if (key.Kind == KeyKind.Suspend)
        {
            Suspend();
        }
        else
        {
            // As with a terminal's own Ctrl-C, what was typed ahead is forgotten.
            while (_keys.TryTake(out _))
            {
            }

            interrupt();
        }
    }
}
