using Winnow.Generation;

namespace Winnow.Lab.Evaluation;

/// <summary>Perplexity of a text: in windows, each computed from an empty cache, or token by token after a prompt.</summary>
public static class Perplexity
{
    /// <summary>Keeps the logits of a chunk below 64 MB for a vocabulary of 128 K.</summary>
    private const int ChunkTokens = 128;

    /// <summary>Scores a sequence of tokens.</summary>
    /// <param name="session">A session; its content is replaced.</param>
    /// <param name="tokens">The text, with the begin-of-text token where the model wants one.</param>
    /// <param name="window">Tokens of a window; the last one may be shorter.</param>
    /// <param name="stride">Tokens from one window to the next; a window scores only tokens that no earlier one reached.</param>
    /// <param name="progress">Told the result so far, after each window.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    /// <exception cref="ArgumentException">There are fewer than two tokens, or window and stride do not fit together.</exception>
    public static PerplexityResult Measure(
        Session session, IReadOnlyList<int> tokens, int window, int stride, IProgress<PerplexityResult>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count < 2)
        {
            throw new ArgumentException($"{tokens.Count} tokens are too few: perplexity needs at least 2", nameof(tokens));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(window, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(window, session.ContextLength);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stride);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(stride, window);

        double sum = 0;
        int scored = 0;
        int reached = 0;
        for (int first = 0; first < tokens.Count - 1 && reached < tokens.Count; first += stride)
        {
            int last = Math.Min(first + window, tokens.Count);
            int[] ids = [.. tokens.Skip(first).Take(last - first)];
            // The token at index i of the window is predicted by row i − 1; the window's own first token by nothing.
            int firstScored = Math.Max(reached - first, 1);
            session.Diagnostics.VisitLogits(
                ids,
                ChunkTokens,
                (row, logits) =>
                {
                    int predicted = row + 1;
                    if (predicted >= firstScored && predicted < ids.Length)
                    {
                        sum += LogitDivergence.NegativeLogLikelihood(logits, ids[predicted]);
                        scored++;
                    }
                },
                cancellationToken);
            reached = last;
            progress?.Report(new PerplexityResult(scored, sum / Math.Max(scored, 1)));
        }

        return new PerplexityResult(scored, sum / scored);
    }

    /// <summary>Scores the end of a sequence token by token, as decoding computes it: what a decode method is judged by.</summary>
    /// <param name="session">A session; its content is replaced.</param>
    /// <param name="tokens">The text, with the begin-of-text token where the model wants one; it must fit the context.</param>
    /// <param name="promptTokens">How many of them are a prompt, which is not scored.</param>
    /// <param name="progress">Told the result so far, after each token.</param>
    /// <param name="cancellationToken">Stops between tokens.</param>
    /// <exception cref="ArgumentException">No token is left to score.</exception>
    /// <exception cref="ContextOverflowException">The text is longer than the context.</exception>
    public static PerplexityResult MeasureDecoding(
        Session session, IReadOnlyList<int> tokens, int promptTokens, IProgress<PerplexityResult>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(promptTokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(promptTokens, tokens.Count);
        if (tokens.Count > session.ContextLength)
        {
            throw new ContextOverflowException(tokens.Count, session.ContextLength);
        }

        int[] scoredTokens = [.. tokens.Skip(promptTokens)];
        session.Prefill([.. tokens.Take(promptTokens)], cancellationToken: cancellationToken);
        double sum = LogitDivergence.NegativeLogLikelihood(session.Diagnostics.Logits, scoredTokens[0]);
        int scored = 1;
        session.Diagnostics.Force(
            scoredTokens[..^1],
            (i, logits) =>
            {
                sum += LogitDivergence.NegativeLogLikelihood(logits, scoredTokens[i + 1]);
                scored++;
                progress?.Report(new PerplexityResult(scored, sum / scored));
            },
            cancellationToken);
        return new PerplexityResult(scored, sum / scored);
    }
}
