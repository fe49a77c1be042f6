using Winnow.Compute.Host;

namespace Winnow.Sampling.Stages;

/// <summary>Top-k: makes the k tokens of the greatest logits candidates, the best first.</summary>
internal static class TopK
{
    /// <summary>Selects from a whole vocabulary.</summary>
    /// <param name="logits">Logits, [vocabulary].</param>
    /// <param name="floor">The least logit to take; above negative infinity.</param>
    /// <param name="k">How many tokens to take at most; 0 takes all, in order of ids.</param>
    /// <param name="candidates">Receives the tokens.</param>
    public static void Select(ReadOnlySpan<float> logits, float floor, int k, Candidates candidates)
    {
        if (k == 0 || k >= logits.Length)
        {
            candidates.Load(logits, floor);
            return;
        }

        Span<ulong> ranks = candidates.Clear(k);
        for (int i = LargestValues.Select(logits, floor, ranks) - 1; i >= 0; i--)
        {
            candidates.Add(Rank.Index(ranks[i]), Rank.Logit(ranks[i]));
        }
    }
}
