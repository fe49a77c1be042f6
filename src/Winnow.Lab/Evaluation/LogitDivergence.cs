using System.Numerics.Tensors;

namespace Winnow.Lab.Evaluation;

/// <summary>How far two predictions of the same token are apart.</summary>
internal static class LogitDivergence
{
    /// <summary>−ln p(token).</summary>
    /// <param name="logits">[vocabulary].</param>
    /// <param name="token">The token that came.</param>
    public static double NegativeLogLikelihood(ReadOnlySpan<float> logits, int token) => LogPartition(logits) - logits[token];

    /// <summary>The Kullback-Leibler divergence Σ p · ln(p / q) in nats, of softmaxes.</summary>
    /// <param name="reference">Logits of p, [vocabulary].</param>
    /// <param name="other">Logits of q, [vocabulary].</param>
    public static double KullbackLeibler(ReadOnlySpan<float> reference, ReadOnlySpan<float> other)
    {
        double referencePartition = LogPartition(reference);
        double otherPartition = LogPartition(other);
        double sum = 0;
        for (int i = 0; i < reference.Length; i++)
        {
            double logP = reference[i] - referencePartition;
            sum += Math.Exp(logP) * (logP - (other[i] - otherPartition));
        }

        // Rounding can put the divergence of almost equal predictions below zero, where it cannot be.
        return Math.Max(sum, 0);
    }

    /// <summary>The smallest value that at least the given part of the values does not exceed (nearest rank).</summary>
    public static double Quantile(IReadOnlyCollection<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        return sorted.Length == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>ln Σ exp(logit), in double precision around the maximum.</summary>
    private static double LogPartition(ReadOnlySpan<float> logits)
    {
        float max = TensorPrimitives.Max(logits);
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - (double)max);
        }

        return Math.Log(sum) + max;
    }
}
