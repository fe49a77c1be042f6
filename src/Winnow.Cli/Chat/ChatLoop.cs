using System.Runtime.InteropServices;
using System.Text;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Retrieval;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>Reads questions and commands, streams replies. Ctrl-C stops a reply; a second one, before anything else is asked, exits.</summary>
internal sealed class ChatLoop : IDisposable
{
    private const string Help = """
        /help            this list
        /undo            take the last question and its reply back
        /clear           forget the conversation, keep the system message
        /system TEXT     set the system message (empty: none) and begin anew
        /file PATH       put a text file in front of the next question
        /document PATH   answer from a text file of any length, or from an index file
        /sources         what the last reply was made from
        /example         a generated document with hidden facts, and a question that works
        /save PATH       save the conversation, with what was computed for it
        /load PATH       continue a saved conversation
        /stats           tokens, speed and memory of the last reply
        /exit            leave (also Ctrl-D)
        A line that ends with \ goes on in the next one. Ctrl-C stops a reply.
        """;

    private const string LeaveHint = "press Ctrl-C again to leave";

    private readonly Conversation _conversation;
    private readonly GenerationOptions _options;
    private readonly TextWriter _output;
    private readonly TextWriter _notes;
    private readonly bool _interactive;
    private readonly Lock _replyLock = new();
    private CancellationTokenSource? _reply;
    private readonly PosixSignalRegistration[] _signals;
    private bool _interrupted;
    private bool _isWaiting;
    private bool _isLeaving;

    public ChatLoop(Conversation conversation, GenerationOptions options, TextWriter output, TextWriter notes, bool interactive)
    {
        _conversation = conversation;
        _options = options;
        _output = output;
        _notes = notes;
        _interactive = interactive;
        Console.CancelKeyPress += OnInterrupt;
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal), PosixSignalRegistration.Create(PosixSignal.SIGHUP, OnSignal)];
    }

    /// <summary>Runs until /exit, the end of the input, or a second Ctrl-C.</summary>
    public int Run(TextReader input, bool bundledModel)
    {
        Note($"{VisibleText.OneLine(_conversation.Engine.Model.Name)}, {PlacementText.Devices(_conversation.Engine)}, context {_conversation.Session.ContextLength} tokens. /help lists the commands.");
        if (bundledModel)
        {
            Note("This small bundled model answers questions about a text well and chats poorly: try /example, or name another model with -m.");
        }

        while (ReadMessage(input) is { } message)
        {
            _interrupted = false;
            if (message.StartsWith('/'))
            {
                if (!RunCommand(message))
                {
                    return ExitCodes.Success;
                }
            }
            else if (message.Length > 0)
            {
                Answer(message);
            }
        }

        return ExitCodes.Success;
    }

    public void Dispose()
    {
        Console.CancelKeyPress -= OnInterrupt;
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }
    }

    private string? ReadMessage(TextReader input)
    {
        StringBuilder message = new();
        while (true)
        {
            if (_interactive)
            {
                _output.Write(message.Length == 0 ? "> " : "| ");
                _output.Flush();
            }

            string? line = ReadLine(input);
            if (line is null)
            {
                return message.Length > 0 ? message.ToString() : null;
            }

            if (!line.EndsWith('\\'))
            {
                return message.Append(line).ToString().Trim();
            }

            message.Append(line, 0, line.Length - 1).Append('\n');
        }
    }

    /// <summary>The next line; null at the end of the input, and where the process was told to end.</summary>
    private string? ReadLine(TextReader input)
    {
        lock (_replyLock)
        {
            if (_isLeaving)
            {
                return null;
            }

            _isWaiting = true;
        }

        string? line = input.ReadLine();
        lock (_replyLock)
        {
            _isWaiting = false;

            // Told to end in this moment: nothing may begin while the process exits.
            return _isLeaving ? null : line;
        }
    }

    /// <summary>Runs a command; false ends the chat.</summary>
    private bool RunCommand(string line)
    {
        int space = line.IndexOf(' ', StringComparison.Ordinal);
        string name = space < 0 ? line : line[..space];
        string argument = space < 0 ? "" : line[(space + 1)..].Trim();
        try
        {
            switch (name)
            {
                case "/exit" or "/quit":
                    return false;
                case "/help":
                    _output.WriteLine(Help);
                    break;
                case "/undo":
                    Note(_conversation.Withdraw() ? "took the last question back" : "there is no question to take back");
                    break;
                case "/clear":
                    _conversation.Clear();
                    Note("cleared");
                    break;
                case "/system":
                    _conversation.SetSystem(argument);
                    Note(argument.Length == 0 ? "no system message" : "system message set");
                    break;
                case "/file":
                    string text = File.ReadAllText(Required(argument, name));
                    _conversation.Attach(text);
                    Note($"{argument}: {_conversation.Engine.Tokenizer.Encode(text).Length} tokens go in front of the next question");
                    break;
                case "/document":
                    AddDocument(Required(argument, name));
                    break;
                case "/sources":
                    SpanReport.WriteText(_output, _conversation.Evidence);
                    break;
                case "/example":
                    ExampleDocument example = ExampleDocument.Create(Environment.TickCount);
                    _conversation.Clear();
                    _conversation.Attach(example.Text);
                    Note($"A document of {example.Text.Length} characters with hidden facts goes in front of the next question. Ask for example:");
                    Note(example.Question);
                    break;
                case "/save":
                    _conversation.Save(Required(argument, name));
                    Note($"saved to {argument}");
                    break;
                case "/load":
                    string? recompute = _conversation.Load(Required(argument, name));
                    Note(recompute is null ? $"loaded {argument}" : $"loaded {argument}; it will be computed again: {recompute}");
                    break;
                case "/stats":
                    _output.WriteLine(_conversation.Session.LastGeneration is { } statistics
                        ? StatisticsText.Line(statistics, _conversation.Session)
                        : "no reply yet");
                    break;
                default:
                    Note($"{name} is no command; /help lists them");
                    break;
            }
        }
        catch (Exception e) when (e is WinnowException or IOException or UnauthorizedAccessException or UsageException)
        {
            Note(e.Message);
        }

        return true;
    }

    /// <summary>Scans a document, stoppable with Ctrl-C.</summary>
    public void AddDocument(string path)
    {
        using CancellationTokenSource stop = new();
        lock (_replyLock)
        {
            _reply = stop;
        }

        try
        {
            using ProgressLine line = new("scanning");
            _conversation.AddDocument(path, new SynchronousProgress<IndexProgress>(p => line.Report(p.Fraction, 1, $"{p.Tokens} tokens")), stop.Token);
            line.Dispose();
            Note($"{path}: {_conversation.Documents!.Tokens} tokens in all; questions are answered from evidence, which /sources shows");
            if (_conversation.Documents.Note is { } note)
            {
                Note(note);
            }
        }
        catch (OperationCanceledException)
        {
            Note("stopped; the document was not added");
        }
        finally
        {
            lock (_replyLock)
            {
                _reply = null;
            }
        }
    }

    private static string Required(string argument, string command) =>
        argument.Length > 0 ? argument : throw new UsageException($"{command} needs a path");

    private void Answer(string question)
    {
        using CancellationTokenSource stop = new();
        lock (_replyLock)
        {
            _reply = stop;
        }

        bool hasBegun = false;
        try
        {
            using ProgressLine progress = new("reading");
            GenerationOptions options = _options with
            {
                Progress = new SynchronousProgress<PrefillProgress>(p => progress.Report(p.Done, p.Total)),
            };
            foreach (GeneratedToken token in _conversation.Ask(question, options, stop.Token))
            {
                progress.Dispose();
                hasBegun = true;
                _output.Write(token.Text);
                _output.Flush();
                if (token.FinishReason == FinishReason.ContextFull)
                {
                    _output.WriteLine();
                    Note("the context is full; /undo and /clear make room, and so does --full-context shift or drop");
                }
                else if (token.FinishReason == FinishReason.Repetition)
                {
                    _output.WriteLine();
                    Note("stopped, because the answer repeats itself");
                }
            }

            _output.WriteLine();
            NoteRoomMade(_conversation.Session.LastGeneration!);
        }
        catch (OperationCanceledException)
        {
            _output.WriteLine();
            Note(hasBegun ? $"stopped; {LeaveHint}" : $"stopped, the question is withdrawn; {LeaveHint}");
        }
        catch (WinnowException e)
        {
            Note(e.Message);
        }
        finally
        {
            lock (_replyLock)
            {
                _reply = null;
            }
        }
    }

    /// <summary>Says what went so that the conversation fits.</summary>
    private void NoteRoomMade(GenerationStatistics statistics)
    {
        if (statistics.DroppedMessages > 0)
        {
            Note($"the context was full: the oldest {statistics.DroppedMessages} messages were dropped");
        }

        if (statistics.ShiftedTokens > 0)
        {
            Note($"the context was full: {statistics.ShiftedTokens} of the older tokens were dropped, the system message was kept");
        }
    }

    private void OnInterrupt(object? sender, ConsoleCancelEventArgs pressed)
    {
        lock (_replyLock)
        {
            pressed.Cancel = true;
            if (!_interrupted)
            {
                _interrupted = true;
                if (_reply is null)
                {
                    Note(LeaveHint);
                }

                _reply?.Cancel();
                return;
            }
        }

        Environment.Exit(ExitCodes.Interrupted);
    }

    /// <summary>Who is told to end while it waits for a question ends at once; a reply or a scan is stopped first, a file written to its end.</summary>
    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        lock (_replyLock)
        {
            _isLeaving = true;
            _reply?.Cancel();
            if (!_isWaiting)
            {
                return;
            }
        }

        Environment.Exit(ExitCodes.Of(context.Signal));
    }

    private void Note(string text) => _notes.WriteLine(text);
}
