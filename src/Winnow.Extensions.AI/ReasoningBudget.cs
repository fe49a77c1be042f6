using Winnow.Conversations;
using Winnow.Sampling;
using Winnow.Tokenization;

namespace Winnow.Extensions.AI;

/// <summary>Ends thoughts that have become too long: the closing tag is the only text that may follow.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="reasoning">Tells thoughts from the answer.</param>
/// <param name="budget">Tokens that they may have.</param>
internal sealed class ReasoningBudget(Tokenizer tokenizer, ReasoningText reasoning, int budget) : ILogitsProcessor
{
    private readonly int[] _close = tokenizer.Encode(reasoning.Close, parseSpecial: true);
    private readonly IncrementalDetokenizer _detokenizer = new(tokenizer, skipSpecial: false, startOfText: false);
    private readonly ReasoningText _text = reasoning.Begin();
    private int _seen = -1;
    private int _thoughts;
    private int _closed;

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        // The first call sees the prompt alone.
        _seen = _seen < 0 ? tokens.Length : _seen;
        for (; _seen < tokens.Length; _seen++)
        {
            _thoughts += _text.IsInside ? 1 : 0;
            _closed += _closed < _close.Length && _thoughts > budget && tokens[_seen] == _close[_closed] ? 1 : 0;
            _text.Push(_detokenizer.Append(tokens[_seen]));
        }

        if (_text.IsInside && _thoughts >= budget && _closed < _close.Length)
        {
            float logit = logits[_close[_closed]];
            logits.Fill(float.NegativeInfinity);
            logits[_close[_closed]] = float.IsFinite(logit) ? logit : 0;
        }
    }

    /// <inheritdoc/>
    public ILogitsProcessor Begin() => new ReasoningBudget(tokenizer, reasoning, budget);
}
