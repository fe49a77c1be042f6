using Winnow.Compute.Host;

namespace Winnow.Sampling.Stages;

/// <summary>
/// Locally typical sampling (Meister et al. 2022): keeps the tokens whose information content is nearest to the entropy of
/// the distribution, until they have gathered a probability mass.
/// </summary>
internal static class Typical
{
    /// <summary>Removes untypical candidates.</summary>
    /// <param name="candidates">The candidates.</param>
    /// <param name="p">The probability mass to keep; 1 keeps everything.</param>
    /// <param name="minKeep">How many candidates to keep at least.</param>
    public static void Apply(Candidates candidates, float p, int minKeep)
    {
        if (p >= 1)
        {
            return;
        }

        candidates.Softmax();
        ReadOnlySpan<float> probabilities = candidates.Probabilities;
        float entropy = (float)Entropy(probabilities);
        Span<ulong> keys = candidates.Keys;
        for (int i = 0; i < keys.Length; i++)
        {
            // A probability that underflowed to 0 has infinite surprise and comes last.
            float distance = MathF.Abs(-MathF.Log(probabilities[i]) - entropy);
            keys[i] = ~Rank.Of(-distance, i);
        }

        candidates.KeepLeastKeys(p, minKeep);
    }

    /// <summary>The entropy of a distribution, in nats.</summary>
    public static double Entropy(ReadOnlySpan<float> probabilities)
    {
        double entropy = 0;
        foreach (float p in probabilities)
        {
            if (p > 0)
            {
                entropy -= p * Math.Log(p);
            }
        }

        return entropy;
    }
}
