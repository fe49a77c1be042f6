namespace Winnow.Attention;

/// <summary>Pools along the token axis that keep or spread the neighbours of a hit; stride 1, centred.</summary>
internal static class Pooling
{
    /// <summary>The maximum of each element's neighbourhood; outside counts as −∞.</summary>
    /// <param name="source">[tokens].</param>
    /// <param name="width">An odd number of elements.</param>
    /// <param name="target">[tokens]; must not overlap the source.</param>
    public static void Max(ReadOnlySpan<float> source, int width, Span<float> target)
    {
        int half = width / 2;
        for (int i = 0; i < source.Length; i++)
        {
            int first = Math.Max(i - half, 0);
            int last = Math.Min(i + half, source.Length - 1);
            float max = source[first];
            for (int j = first + 1; j <= last; j++)
            {
                max = Math.Max(max, source[j]);
            }

            target[i] = max;
        }
    }

    /// <summary>The mean of each element's neighbourhood; outside counts as zero, and the divisor is always the width.</summary>
    /// <param name="source">[tokens].</param>
    /// <param name="width">An odd number of elements.</param>
    /// <param name="target">[tokens]; must not overlap the source.</param>
    public static void Average(ReadOnlySpan<float> source, int width, Span<float> target)
    {
        int half = width / 2;
        for (int i = 0; i < source.Length; i++)
        {
            int last = Math.Min(i + half, source.Length - 1);
            float sum = 0;
            for (int j = Math.Max(i - half, 0); j <= last; j++)
            {
                sum += source[j];
            }

            target[i] = sum / width;
        }
    }
}
