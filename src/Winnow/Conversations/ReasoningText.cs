namespace Winnow.Conversations;

/// <summary>Tells the thoughts of a model from its answer, in text that comes in pieces.</summary>
/// <param name="tags">What stands around the thoughts.</param>
/// <param name="startsInside">Whether the prompt has opened them already.</param>
public sealed class ReasoningText(ReasoningTags tags, bool startsInside)
{
    private string _held = "";
    private State _state = startsInside ? State.Inside : State.Before;

    private enum State
    {
        /// <summary>Nothing but white space has come: thoughts may begin.</summary>
        Before,

        Inside,

        /// <summary>Thoughts are over: white space in front of the answer is none of it.</summary>
        Between,

        Answer,
    }

    /// <summary>Whether the text so far ends within thoughts.</summary>
    public bool IsInside => _state == State.Inside;

    /// <summary>Takes a piece of text.</summary>
    /// <param name="piece">The text.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    /// <returns>What became certain of thoughts and of the answer.</returns>
    public (string Reasoning, string Answer) Push(string piece, bool isLast = false)
    {
        _held += piece;
        string reasoning = "";
        string answer = "";
        while (true)
        {
            switch (_state)
            {
                case State.Before:
                    string start = _held.TrimStart();
                    if (start.StartsWith(tags.Open, StringComparison.Ordinal))
                    {
                        _held = start[tags.Open.Length..];
                        _state = State.Inside;
                        continue;
                    }

                    if (!isLast && tags.Open.StartsWith(start, StringComparison.Ordinal))
                    {
                        return (reasoning, answer);
                    }

                    _state = State.Answer;
                    continue;
                case State.Inside:
                    int end = _held.IndexOf(tags.Close, StringComparison.Ordinal);
                    if (end >= 0)
                    {
                        reasoning += _held[..end];
                        _held = _held[(end + tags.Close.Length)..];
                        _state = State.Between;
                        continue;
                    }

                    int certain = isLast ? _held.Length : _held.Length - OpenEnd(_held, tags.Close);
                    reasoning += _held[..certain];
                    _held = _held[certain..];
                    return (reasoning, answer);
                case State.Between:
                    _held = _held.TrimStart();
                    if (_held.Length == 0)
                    {
                        return (reasoning, answer);
                    }

                    _state = State.Answer;
                    continue;
                default:
                    answer += _held;
                    _held = "";
                    return (reasoning, answer);
            }
        }
    }

    /// <summary>How much of a text's end may turn out to begin a tag.</summary>
    private static int OpenEnd(string text, string tag)
    {
        int length = Math.Min(text.Length, tag.Length - 1);
        while (length > 0 && !text.EndsWith(tag[..length], StringComparison.Ordinal))
        {
            length--;
        }

        return length;
    }
}
