namespace Winnow.Sampling;

/// <summary>Limits which tokens may come next, a grammar for example. It follows one text; each <see cref="Sampler"/> begins its own.</summary>
/// <remarks>
/// To rule out a whole vocabulary costs far more than to look at one token, and a model mostly keeps to the constraint by
/// itself. So the sampler chooses first and asks <see cref="Allows"/>; only a refused token makes it call <see cref="Apply"/>
/// and choose again.
/// </remarks>
internal interface ILogitsConstraint
{
    /// <summary>Whether a token may come next.</summary>
    /// <param name="token">The token's id.</param>
    bool Allows(int token);

    /// <summary>Sets the logit of every token that may not come next to negative infinity and leaves the others alone.</summary>
    /// <param name="logits">Logits of the next token, [vocabulary].</param>
    void Apply(Span<float> logits);

    /// <summary>Takes note of the token that was generated.</summary>
    /// <param name="token">The token's id.</param>
    void Accept(int token);

    /// <summary>
    /// Whether the text is whole and no token may follow, not even one that ends it: the answer is over. So it is behind the text
    /// of a grammar where the vocabulary has no token that ends a generation.
    /// </summary>
    bool IsOver => false;

    /// <summary>The same limits at the beginning of a text. Shares nothing with this one that changes: both may be used at the same time.</summary>
    ILogitsConstraint Begin();
}
