namespace Winnow.Quantization.Encoding;

/// <summary>What the error of each weight of a block counts in the search for its scales.</summary>
internal static class ErrorWeights
{
    /// <summary>Importance times √(variance + x²); where no importances are given x², and a share of the variance so that small ones count.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="importance">The mean square of the activation that meets each weight; empty where it is not known.</param>
    /// <param name="variance">See <see cref="Variance"/>.</param>
    /// <param name="weights">Receives what each error counts.</param>
    /// <param name="share">How much of the variance counts without importances.</param>
    public static void Of(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float variance, Span<float> weights, float share = 0)
    {
        for (int i = 0; i < x.Length; i++)
        {
            float square = x[i] * x[i];
            weights[i] = importance.IsEmpty ? square + (share * variance) : importance[i] * MathF.Sqrt(variance + square);
        }
    }

    /// <summary>The importances of the next block, which are taken off; none where there are none.</summary>
    public static ReadOnlySpan<float> Next(ref ReadOnlySpan<float> importance, int length)
    {
        if (importance.IsEmpty)
        {
            return importance;
        }

        ReadOnlySpan<float> next = importance[..length];
        importance = importance[length..];
        return next;
    }

    /// <summary>A multiple of the mean square of a block.</summary>
    public static float Variance(ReadOnlySpan<float> block, float factor)
    {
        float sum = 0;
        foreach (float x in block)
        {
            sum += x * x;
        }

        return factor * sum / block.Length;
    }
}
