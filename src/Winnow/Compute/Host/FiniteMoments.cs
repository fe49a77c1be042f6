using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Sums over the logits above negative infinity, which masked ones are, in f64.</summary>
/// <remarks>Each lane has a sum of its own, so the last bits depend on the width of the vectors.</remarks>
internal static class FiniteMoments
{
    /// <summary>Their sum and their number.</summary>
    /// <param name="logits">Any length.</param>
    public static (double Sum, int Count) Sum(ReadOnlySpan<float> logits) => HostVectors.Are256
        ? Sum<Simd256, Vector256<float>>(logits)
        : Sum<Simd128, Vector128<float>>(logits);

    /// <summary>The sum of squared distances from a mean.</summary>
    /// <param name="logits">Any length.</param>
    /// <param name="mean">What is subtracted, in f32.</param>
    public static double SumOfSquares(ReadOnlySpan<float> logits, float mean) => HostVectors.Are256
        ? SumOfSquares<Simd256, Vector256<float>>(logits, mean)
        : SumOfSquares<Simd128, Vector128<float>>(logits, mean);

    private static (double Sum, int Count) Sum<S, V>(ReadOnlySpan<float> logits)
        where S : struct, ISimd<V>
        where V : struct
    {
        V masked = S.Broadcast(float.NegativeInfinity);
        V sums = S.Zero;
        V counts = S.Zero;
        int i = 0;
        for (; i <= logits.Length - S.Width; i += S.Width)
        {
            V value = S.Load(logits[i..]);
            counts = S.CountLess(counts, masked, value);
            sums = S.AddDoubles(sums, S.WhereLess(masked, value, value, S.Zero));
        }

        int count = S.SumIntegers(counts);
        double sum = S.SumDoubles(sums);
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

    private static double SumOfSquares<S, V>(ReadOnlySpan<float> logits, float mean)
        where S : struct, ISimd<V>
        where V : struct
    {
        V masked = S.Broadcast(float.NegativeInfinity);
        V center = S.Broadcast(mean);
        V sums = S.Zero;
        int i = 0;
        for (; i <= logits.Length - S.Width; i += S.Width)
        {
            V value = S.Load(logits[i..]);
            sums = S.AddSquares(sums, S.WhereLess(masked, value, S.Subtract(value, center), S.Zero));
        }

        double sum = S.SumDoubles(sums);
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
