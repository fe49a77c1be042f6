namespace Winnow.Sampling.Stages;

/// <summary>
/// XTC, "exclude top choices": now and then removes all tokens that reach a probability, but for the least probable of
/// them. Described in text-generation-webui's pull request 6335.
/// </summary>
internal static class Xtc
{
    /// <summary>Removes the top choices, or not, by chance.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="probability">How often to act, 0 to 1; 0 does nothing and draws no random number.</param>
    /// <param name="threshold">What makes a candidate a top choice; above 0.5 there can be only one, and nothing happens.</param>
    /// <param name="minKeep">Nothing happens if fewer candidates would stay.</param>
    /// <param name="random">Decides whether to act.</param>
    public static void Apply(Candidates candidates, float probability, float threshold, int minKeep, ref Xoshiro256 random)
    {
        if (probability <= 0 || threshold > 0.5f || candidates.Count < 2 || random.NextDouble() >= probability)
        {
            return;
        }

        candidates.Softmax();
        ReadOnlySpan<float> probabilities = candidates.Probabilities;
        int choices = 0;
        int least = -1;
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (probabilities[i] >= threshold)
            {
                choices++;
                least = least < 0 || probabilities[i] <= probabilities[least] ? i : least;
            }
        }

        if (choices > 1 && candidates.Count - choices + 1 >= minKeep)
        {
            candidates.RemoveProbable(threshold, least);
        }
    }
}
