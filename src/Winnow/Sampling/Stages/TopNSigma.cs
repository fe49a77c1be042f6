using Winnow.Compute.Host;

namespace Winnow.Sampling.Stages;

/// <summary>Top-nσ (Tang et al. 2024): keeps the tokens whose logit is within n standard deviations of the greatest.</summary>
/// <remarks>
/// Deviation: llama.cpp keeps the others as candidates of negative infinity, from which typical sampling computes an entropy
/// that is not a number. Here they are removed.
/// </remarks>
internal static class TopNSigma
{
    /// <summary>The least logit to keep.</summary>
    /// <param name="logits">Logits, [vocabulary]; those of negative infinity do not count.</param>
    /// <param name="max">The greatest of them, finite.</param>
    /// <param name="n">The number of standard deviations; 0 or less keeps everything finite.</param>
    public static float Floor(ReadOnlySpan<float> logits, float max, float n)
    {
        if (n <= 0)
        {
            return float.MinValue;
        }

        (double sum, int count) = FiniteMoments.Sum(logits);
        double deviation = Math.Sqrt(FiniteMoments.SumOfSquares(logits, (float)(sum / count)) / count);
        return Math.Max(float.MinValue, (float)(max - (n * deviation)));
    }
}
