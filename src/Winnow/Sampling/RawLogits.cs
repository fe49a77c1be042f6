using Winnow.Compute.Host;
using Winnow.Sampling.Stages;

namespace Winnow.Sampling;

/// <summary>A copy of the logits as the model gave them, and the log-probabilities that follow from them.</summary>
internal sealed class RawLogits
{
    private float[] values = [];
    private float? normalizer;

    /// <summary>The logits, [vocabulary]; empty before the first step.</summary>
    public ReadOnlySpan<float> Values => values;

    /// <summary>Takes a copy.</summary>
    public void Capture(ReadOnlySpan<float> logits)
    {
        if (values.Length != logits.Length)
        {
            values = new float[logits.Length];
        }

        logits.CopyTo(values);
        normalizer = null;
    }

    /// <summary>The natural logarithm of the probability of a token.</summary>
    public float LogProbability(int token) => values[token] - (normalizer ??= LogSumExp.Of(values));

    /// <summary>Finds the most probable tokens.</summary>
    /// <param name="destination">Receives them, the most probable first.</param>
    /// <param name="scratch">Candidates that are not in use.</param>
    /// <returns>How many there are: as many as were asked for, or as the vocabulary has with a probability.</returns>
    public int Top(Span<TokenLogProbability> destination, Candidates scratch)
    {
        int k = Math.Min(destination.Length, values.Length);
        if (k == 0)
        {
            return 0;
        }

        TopK.Select(values, float.MinValue, k, scratch);
        Span<ulong> ranks = scratch.Keys;
        for (int i = 0; i < ranks.Length; i++)
        {
            ranks[i] = ~Rank.Of(scratch.Logits[i], scratch.Ids[i]);
        }

        ranks.Sort();
        for (int i = 0; i < ranks.Length; i++)
        {
            int token = Rank.Index(~ranks[i]);
            destination[i] = new TokenLogProbability(token, LogProbability(token));
        }

        return ranks.Length;
    }
}
