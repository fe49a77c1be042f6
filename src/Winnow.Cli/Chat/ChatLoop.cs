using Winnow.Cli.Output;
using Winnow.Cli.Terminal;
using Winnow.Generation;
using Conversation = Winnow.Conversations.Chat;

namespace Winnow.Cli.Chat;

/// <summary>Reads questions and commands, streams replies.</summary>
internal sealed class ChatLoop : IDisposable
{
    private readonly ChatModel _model;
    private readonly Conversation _conversation;
    private readonly ChatScreen _screen = new();
    private readonly ChatInput _input;
    private readonly ChatInterrupts _interrupts;
    private readonly ChatAnswers _answers;
    private readonly ChatCommands _commands;

    /// <summary>Opens the terminal.</summary>
    /// <param name="model">What answers.</param>
    /// <param name="conversation">What it answers in.</param>
    /// <param name="options">How to answer.</param>
    /// <param name="tokens">The most tokens of a reply, as the user typed it; null leaves that to the model.</param>
    /// <param name="input">Where lines come from, if there is no terminal.</param>
    /// <param name="output">Where prompts go, if there is none.</param>
    public ChatLoop(ChatModel model, Conversation conversation, GenerationOptions options, int? tokens, TextReader input, TextWriter output)
    {
        _model = model;
        _conversation = conversation;
        _input = new ChatInput(input, output, StandardStreams.Screen);
        _interrupts = new ChatInterrupts(_input.Terminal, _screen.Note);
        _answers = new ChatAnswers(model, conversation, options, tokens, _screen, _interrupts);
        _commands = new ChatCommands(model, conversation, _screen, _interrupts, _answers);
    }

    /// <summary>Runs until /exit, the end of the input, or a second Ctrl-C.</summary>
    /// <param name="documents">What to answer from.</param>
    public int Run(IReadOnlyList<string> documents)
    {
        Engine engine = _conversation.Engine;
        _screen.Note($"{VisibleText.OneLine(engine.Model.Name)}, {PlacementText.Devices(engine)}, context {_conversation.Session.ContextLength} tokens. /help lists the commands.");
        if (_model.IsBundled)
        {
            _screen.Note(BundledModel.Banner);
        }

        foreach (string document in documents)
        {
            _commands.AddDocument(document);
        }

        bool wasInterrupted = false;
        while (true)
        {
            LineResult line = _interrupts.Wait(() => _input.Read(_commands.TakeProposal()));
            switch (line.Ending)
            {
                case LineEnding.EndOfInput:
                    return ExitCodes.Success;
                case LineEnding.InterruptedAtOnce when wasInterrupted:
                    return ExitCodes.Interrupted;
                case LineEnding.Interrupted or LineEnding.InterruptedAtOnce:
                    wasInterrupted = true;
                    _screen.Note(ChatInterrupts.LeaveHint);
                    continue;
            }

            wasInterrupted = false;
            if (!Take(line.Text))
            {
                return ExitCodes.Success;
            }
        }
    }

    public void Dispose()
    {
        _interrupts.Dispose();
        _input.Dispose();
    }

    /// <summary>Answers a message or runs a command; false ends the chat.</summary>
    private bool Take(string message)
    {
        if (SlashCommand.TryParse(message, out string word, out string argument))
        {
            return _commands.Run(word, argument);
        }

        if (message.Length > 0 && !message.Contains(' ', StringComparison.Ordinal) && SlashCommand.Find(message) is { Topic: SlashCommand.General } meant)
        {
            _screen.Note($"Commands begin with a slash: /{meant.Name}");
        }
        else if (message.Length > 0)
        {
            _answers.Ask(message);
        }

        return true;
    }
}
