namespace Winnow.Sampling;

/// <summary>Changes the logits of the next token before anything is chosen: an application's own bias, watermark or guidance.</summary>
/// <remarks>It follows one text. Where it keeps something from token to token, <see cref="Begin"/> gives each text its own.</remarks>
public interface ILogitsProcessor
{
    /// <summary>Changes logits in place; before bias, penalties and every other stage. May be called twice for a token that a constraint refuses.</summary>
    /// <param name="tokens">The text so far, prompt included.</param>
    /// <param name="logits">Logits of the next token, [vocabulary]; negative infinity rules a token out.</param>
    void Process(ReadOnlySpan<int> tokens, Span<float> logits);

    /// <summary>The same at the beginning of a text; itself where it keeps nothing.</summary>
    ILogitsProcessor Begin() => this;
}
