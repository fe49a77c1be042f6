using System.Text.Json.Nodes;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Conversations;

/// <summary>Tells the thoughts of a model from its answer, in the text of one reply that comes in pieces.</summary>
public sealed class ReasoningText
{
    private static readonly (string Open, string Close)[] Known =
    [
        ("<think>", "</think>"),
        ("[THINK]", "[/THINK]"),
        ("<seed:think>", "</seed:think>"),
        ("<reasoning>", "</reasoning>"),
    ];

    private string _held = "";
    private State _state;

    /// <summary>Begins a reply.</summary>
    /// <param name="open">What stands in front of thoughts.</param>
    /// <param name="close">What stands behind them.</param>
    /// <param name="startsInside">Whether the prompt has opened them already.</param>
    public ReasoningText(string open, string close, bool startsInside)
    {
        ArgumentException.ThrowIfNullOrEmpty(open);
        ArgumentException.ThrowIfNullOrEmpty(close);
        Open = open;
        Close = close;
        StartsInside = startsInside;
        _state = startsInside ? State.Inside : State.Before;
    }

    private enum State
    {
        /// <summary>Nothing but white space has come: thoughts may begin.</summary>
        Before,

        Inside,

        /// <summary>Thoughts are over: white space in front of the answer is none of it.</summary>
        Between,

        Answer,
    }

    /// <summary>What stands in front of thoughts: <c>&lt;think&gt;</c>.</summary>
    public string Open { get; }

    /// <summary>What stands behind them: <c>&lt;/think&gt;</c>.</summary>
    public string Close { get; }

    /// <summary>Whether the prompt has opened them already.</summary>
    public bool StartsInside { get; }

    /// <summary>Whether the text so far ends within thoughts.</summary>
    public bool IsInside => _state == State.Inside;

    /// <summary>Begins a reply of a model with the tags that its chat template knows.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="variables">What the template is rendered with; null for nothing but the conversation.</param>
    /// <returns>Null for a model that does not think.</returns>
    public static ReasoningText? Of(Engine engine, IReadOnlyDictionary<string, JsonNode?>? variables = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Of(engine, () => engine.EncodeChat([new ChatMessage("user", "a")], null, variables));
    }

    /// <summary>The same in a reply to a prompt that is known.</summary>
    internal static ReasoningText? Of(Engine engine, IReadOnlyList<int> prompt) => Of(engine, () => prompt);

    /// <summary>The same at the beginning of a reply.</summary>
    public ReasoningText Begin() => new(Open, Close, StartsInside);

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
                    if (start.StartsWith(Open, StringComparison.Ordinal))
                    {
                        _held = start[Open.Length..];
                        _state = State.Inside;
                        continue;
                    }

                    if (!isLast && Open.StartsWith(start, StringComparison.Ordinal))
                    {
                        return (reasoning, answer);
                    }

                    _state = State.Answer;
                    continue;
                case State.Inside:
                    int end = _held.IndexOf(Close, StringComparison.Ordinal);
                    if (end >= 0)
                    {
                        reasoning += _held[..end];
                        _held = _held[(end + Close.Length)..];
                        _state = State.Between;
                        continue;
                    }

                    int certain = isLast ? _held.Length : _held.Length - OpenEnd(_held, Close);
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

    private static ReasoningText? Of(Engine engine, Func<IReadOnlyList<int>> encode)
    {
        (string open, string close) = Array.Find(Known, tags => engine.ChatTemplate?.Source.Contains(tags.Close, StringComparison.Ordinal) == true);
        if (open is null)
        {
            return null;
        }

        IReadOnlyList<int> prompt = encode();
        string end = engine.Tokenizer.Decode(prompt.Skip(Math.Max(0, prompt.Count - 16)), skipSpecial: false).TrimEnd();
        return new ReasoningText(open, close, end.EndsWith(open, StringComparison.Ordinal));
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
