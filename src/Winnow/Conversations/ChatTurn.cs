using System.Text;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>A question that is being answered. Its end, of whatever kind, puts what came of it into the conversation.</summary>
internal sealed class ChatTurn(Chat chat, ChatMessage question, FittedChat fitted, GenerationOptions options) : IDisposable
{
    private readonly StringBuilder _answer = new();
    private bool _hasBegun;

    /// <summary>The user's message.</summary>
    public ChatMessage Question => question;

    /// <summary>What the session computes.</summary>
    public IReadOnlyList<int> Prompt => fitted.Prompt;

    /// <summary>The messages that do not fit any more.</summary>
    public (int First, int Count) Dropped => fitted.Dropped;

    /// <summary>How to answer.</summary>
    public GenerationOptions Options => options;

    /// <summary>Takes a token of the answer.</summary>
    public void Add(GeneratedToken token)
    {
        _hasBegun = true;
        _answer.Append(token.Text);
    }

    /// <summary>Ends the turn; a question that was not answered at all is forgotten.</summary>
    public void Dispose()
    {
        if (_hasBegun)
        {
            chat.End(this, _answer.ToString());
        }
    }
}
