namespace Winnow.Sampling.Stages;

/// <summary>Draws one candidate at random, each with its probability.</summary>
internal static class Draw
{
    /// <summary>Computes the probabilities and draws.</summary>
    /// <param name="candidates">The candidates, at least one of a finite logit.</param>
    /// <param name="random">Gives one number.</param>
    /// <returns>The index of the candidate.</returns>
    public static int Choose(Candidates candidates, ref Xoshiro256 random)
    {
        candidates.Softmax();
        ReadOnlySpan<float> probabilities = candidates.Probabilities;
        double total = 0;
        foreach (float p in probabilities)
        {
            total += p;
        }

        double target = random.NextDouble() * total;
        double sum = 0;
        int chosen = -1;
        for (int i = 0; i < probabilities.Length && sum <= target; i++)
        {
            // A candidate without probability cannot be chosen, not even where rounding leaves the target unreached.
            if (probabilities[i] > 0)
            {
                sum += probabilities[i];
                chosen = i;
            }
        }

        return chosen;
    }
}
