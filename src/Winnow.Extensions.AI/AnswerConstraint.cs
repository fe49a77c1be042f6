using Winnow.Conversations;
using Winnow.Sampling;
using Winnow.Tokenization;

namespace Winnow.Extensions.AI;

/// <summary>Keeps an answer to a form, but not the thoughts in front of it.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="tags">What stands around thoughts; the prompt has opened them.</param>
/// <param name="inner">What the answer is kept to.</param>
internal sealed class AnswerConstraint(Tokenizer tokenizer, ReasoningTags tags, ILogitsConstraint inner) : ILogitsConstraint
{
    private readonly IncrementalDetokenizer _detokenizer = new(tokenizer, skipSpecial: false, startOfText: false);
    private readonly ReasoningText _text = new(tags, startsInside: true);
    private readonly ILogitsConstraint _inner = inner.Begin();

    /// <inheritdoc/>
    public bool IsOver => !_text.IsInside && _inner.IsOver;

    /// <inheritdoc/>
    public bool Allows(int token) => _text.IsInside ? !tokenizer.IsEndOfGeneration(token) : _inner.Allows(token);

    /// <inheritdoc/>
    public void Apply(Span<float> logits)
    {
        if (!_text.IsInside)
        {
            _inner.Apply(logits);
            return;
        }

        for (int token = 0; token < Math.Min(logits.Length, tokenizer.VocabularySize); token++)
        {
            logits[token] = tokenizer.IsEndOfGeneration(token) ? float.NegativeInfinity : logits[token];
        }
    }

    /// <inheritdoc/>
    public void Accept(int token)
    {
        if (_text.IsInside)
        {
            _text.Push(_detokenizer.Append(token));
        }
        else
        {
            _inner.Accept(token);
        }
    }

    /// <inheritdoc/>
    public ILogitsConstraint Begin() => new AnswerConstraint(tokenizer, tags, inner);
}
