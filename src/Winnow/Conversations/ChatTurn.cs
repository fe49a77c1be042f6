using System.Text;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>A question that is being answered. Its end, of whatever kind, puts what came of it into the conversation.</summary>
internal sealed class ChatTurn(Chat chat, ChatMessage question, FittedChat fitted, GenerationOptions options) : IDisposable
{
    private readonly StringBuilder _text = new();
    private readonly List<int> _tokens = [];
    private FinishReason? _reason;

    /// <summary>The user's message.</summary>
    public ChatMessage Question => question;

    /// <summary>What the session computes.</summary>
    public IReadOnlyList<int> Prompt => fitted.Prompt;

    /// <summary>The messages that do not fit any more.</summary>
    public (int First, int Count) Dropped => fitted.Dropped;

    /// <summary>How to answer.</summary>
    public GenerationOptions Options => options;

    /// <summary>The message, by index, that goes with all behind it when this turn ends: the same question, asked before. Null for none.</summary>
    public int? Replaces { get; init; }

    /// <summary>Whether the answer came to its end.</summary>
    public bool IsComplete => _reason is FinishReason.Stop or FinishReason.ContextFull;

    /// <summary>The answer so far, its thoughts apart.</summary>
    public ChatMessage Answer
    {
        get
        {
            if (ReasoningText.Of(chat.Engine, fitted.Prompt) is not { } text)
            {
                return new ChatMessage("assistant", _text.ToString());
            }

            (string thoughts, string answer) = text.Push(_text.ToString(), isLast: true);
            return new ChatMessage("assistant", answer) { ReasoningContent = thoughts.Length == 0 ? null : thoughts.Trim() };
        }
    }

    /// <summary>Takes a token of the answer.</summary>
    public void Add(GeneratedToken token)
    {
        _tokens.Add(token.Id);
        _text.Append(token.Text);
        _reason = token.FinishReason;
    }

    /// <summary>A turn that goes on where this one ended.</summary>
    /// <param name="replaces">The question's index.</param>
    /// <param name="more">How to go on.</param>
    public ChatTurn Rest(int replaces, GenerationOptions more)
    {
        ChatTurn rest = new(chat, question, new FittedChat([.. fitted.Prompt, .. _tokens], (0, 0)), more) { Replaces = replaces };
        rest._text.Append(_text);
        return rest;
    }

    /// <summary>Ends the turn; a question that was not answered at all is forgotten.</summary>
    public void Dispose()
    {
        if (_tokens.Count > 0)
        {
            chat.End(this);
        }
    }
}
