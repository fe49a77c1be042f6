using Winnow.Sampling;
using Winnow.Tokenization;

namespace Winnow.Generation;

/// <summary>Keeps an answer to a constraint behind a text that it comes to, such as the end of thoughts, and never ends it before.</summary>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="start">The text behind which the constraint begins; what a token has behind it, the constraint does not see.</param>
/// <param name="inner">What the rest is kept to.</param>
internal sealed class DelayedConstraint(Tokenizer tokenizer, string start, ILogitsConstraint inner) : ILogitsConstraint
{
    private readonly IncrementalDetokenizer _detokenizer = new(tokenizer, skipSpecial: false, startOfText: false);
    private readonly ILogitsConstraint _inner = inner.Begin();
    private string _tail = "";
    private bool _hasBegun;

    /// <inheritdoc/>
    public bool IsOver => _hasBegun && _inner.IsOver;

    /// <inheritdoc/>
    public bool Allows(int token) => _hasBegun ? _inner.Allows(token) : !tokenizer.IsEndOfGeneration(token);

    /// <inheritdoc/>
    public void Apply(Span<float> logits)
    {
        if (_hasBegun)
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
        if (_hasBegun)
        {
            _inner.Accept(token);
            return;
        }

        _tail += _detokenizer.Append(token);
        _hasBegun = _tail.Contains(start, StringComparison.Ordinal);
        _tail = _tail[Math.Max(0, _tail.Length - start.Length)..];
    }

    /// <inheritdoc/>
    public ILogitsConstraint Begin() => new DelayedConstraint(tokenizer, start, inner);
}
