using Winnow.Cli.Terminal;
using Winnow.Conversations;

namespace Winnow.Cli.Chat;

/// <summary>Writes a reply to a terminal: between words where lines end, thoughts dim and apart.</summary>
internal sealed class TerminalReplyWriter : ReplyWriter
{
    private readonly TextWriter _terminal;
    private readonly TerminalStyle _style;
    private readonly ReasoningText? _reasoning;
    private readonly WordWrapWriter _wrap;
    private bool _isThinking;

    /// <summary>Begins a reply.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="style">How thoughts look.</param>
    /// <param name="reasoning">Tells thoughts from the answer; null where the model has none.</param>
    public TerminalReplyWriter(TextWriter terminal, TerminalStyle style, ReasoningText? reasoning)
        : base(terminal)
    {
        _terminal = terminal;
        _style = style;
        _reasoning = reasoning;
        _wrap = new WordWrapWriter(terminal, () => TerminalSize.Columns);
    }

    /// <inheritdoc/>
    public override void Write(string piece) => Take(piece, isLast: false);

    /// <inheritdoc/>
    public override void End()
    {
        Take("", isLast: true);
        EndThoughts();
        _wrap.EndLine();
    }

    private void Take(string piece, bool isLast)
    {
        if (_reasoning is null)
        {
            _wrap.Write(piece);
            return;
        }

        (string thoughts, string answer) = _reasoning.Push(piece, isLast);
        thoughts = _isThinking ? thoughts : thoughts.TrimStart();
        if (thoughts.Length > 0)
        {
            if (!_isThinking)
            {
                _isThinking = true;
                _terminal.Write(_style.Dim);
                _wrap.Write(_style.IsPlain ? _reasoning!.Open + "\n" : "");
            }

            _wrap.Write(thoughts);
        }

        if (answer.Length > 0)
        {
            EndThoughts();
            _wrap.Write(answer);
        }
    }

    private void EndThoughts()
    {
        if (_isThinking)
        {
            _isThinking = false;
            _wrap.EndLine();
            _wrap.Write(_style.IsPlain ? _reasoning!.Close + "\n\n" : "\n");
            _terminal.Write(_style.Normal);
        }
    }
}
