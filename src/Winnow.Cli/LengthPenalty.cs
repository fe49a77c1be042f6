using Winnow.Sampling;
using Winnow.Tokenization;

namespace Winnow.Cli;

/// <summary>Makes the end of an answer more likely with every token behind a usual length, most of all where a sentence ends.</summary>
/// <remarks>
/// Like the exponential decay length penalty of Hugging Face's generation options, but linear, and added to the logit: a logit near zero
/// would not grow by a factor. The model itself ends its answer, so that the reason it gives is true.
/// </remarks>
/// <param name="tokenizer">The vocabulary.</param>
/// <param name="usual">Tokens of an answer that are not penalized.</param>
internal sealed class LengthPenalty(Tokenizer tokenizer, int usual) : ILogitsProcessor
{
    /// <summary>Added for each token, in the midst of a sentence and behind it.</summary>
    private const float Within = 0.2f;
    private const float Behind = 0.8f;

    private readonly int[] _ends = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(tokenizer.IsEndOfGeneration)];
    private int _prompt = -1;

    /// <inheritdoc/>
    public void Process(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        // The first call sees the prompt alone.
        _prompt = _prompt < 0 ? tokens.Length : _prompt;
        int excess = tokens.Length - _prompt - usual;
        if (excess <= 0)
        {
            return;
        }

        float added = excess * (EndsSentence(tokens[^1]) ? Behind : Within);
        foreach (int end in _ends)
        {
            logits[end] += added;
        }
    }

    /// <inheritdoc/>
    public ILogitsProcessor Begin() => new LengthPenalty(tokenizer, usual);

    private bool EndsSentence(int token)
    {
        ReadOnlySpan<byte> text = tokenizer.TokenBytes(token).TrimEnd("\"')* "u8);
        return text.Length > 0 && text[^1] is (byte)'.' or (byte)'!' or (byte)'?' or (byte)'\n';
    }
}
