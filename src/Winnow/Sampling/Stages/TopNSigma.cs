using System.Numerics;

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

        (double sum, int count) = Sum(logits);
        double deviation = Math.Sqrt(SumOfSquares(logits, (float)(sum / count)) / count);
        return Math.Max(float.MinValue, (float)(max - (n * deviation)));
    }

    private static (double Sum, int Count) Sum(ReadOnlySpan<float> logits)
    {
        double sum = 0;
        int count = 0;
        int i = 0;
        Vector<double> sums = Vector<double>.Zero;
        Vector<int> masked = Vector<int>.Zero;
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> value = new(logits[i..]);
            Vector<int> isFinite = Vector.GreaterThan(value, new Vector<float>(float.NegativeInfinity));
            masked += isFinite;
            Vector<float> finite = Vector.ConditionalSelect(isFinite, value, Vector<float>.Zero);
            Vector.Widen(finite, out Vector<double> low, out Vector<double> high);
            sums += low + high;
        }

        // A lane that is true reads as -1.
        count -= Vector.Sum(masked);
        sum += Vector.Sum(sums);
        for (; i < logits.Length; i++)
        {
            if (logits[i] > float.NegativeInfinity)
            {
                sum += logits[i];
                count++;
            }
        }

        return (sum, count);
    }

    private static double SumOfSquares(ReadOnlySpan<float> logits, float mean)
    {
        int i = 0;
        Vector<double> sums = Vector<double>.Zero;
        for (; i <= logits.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> value = new(logits[i..]);
            Vector<int> isFinite = Vector.GreaterThan(value, new Vector<float>(float.NegativeInfinity));
            Vector<float> difference = Vector.ConditionalSelect(isFinite, value - new Vector<float>(mean), Vector<float>.Zero);
            Vector.Widen(difference, out Vector<double> low, out Vector<double> high);
            sums += (low * low) + (high * high);
        }

        double sum = Vector.Sum(sums);
        for (; i < logits.Length; i++)
        {
            if (logits[i] > float.NegativeInfinity)
            {
                double difference = logits[i] - mean;
                sum += difference * difference;
            }
        }

        return sum;
    }
}
