using System.Numerics;

namespace Winnow.Compute.Host;

/// <summary>Sums over the logits above negative infinity, which masked ones are, in f64.</summary>
/// <remarks>Each lane has a sum of its own, so the last bits depend on the width of the vectors.</remarks>
internal static class FiniteMoments
{
    /// <summary>Their sum and their number.</summary>
    /// <param name="logits">Any length.</param>
    public static (double Sum, int Count) Sum(ReadOnlySpan<float> logits)
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

    /// <summary>The sum of squared distances from a mean.</summary>
    /// <param name="logits">Any length.</param>
    /// <param name="mean">What is subtracted, in f32.</param>
    public static double SumOfSquares(ReadOnlySpan<float> logits, float mean)
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
