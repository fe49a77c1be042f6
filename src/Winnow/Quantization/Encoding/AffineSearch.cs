namespace Winnow.Quantization.Encoding;

/// <summary>Finds scale and minimum of a group: x ≈ scale·level − minimum, level in 0..top, minimum at least 0.</summary>
internal static class AffineSearch
{
    /// <summary>
    /// Tries a few ranges. Each fixes the levels, and these fix scale and minimum of least weighted squared error in closed form.
    /// </summary>
    /// <param name="x">The weights.</param>
    /// <param name="w">What their errors count.</param>
    /// <param name="top">The highest level.</param>
    /// <param name="isSigned">Whether the minimum may be below 0, so that a value can be added.</param>
    public static (float Scale, float Minimum) Find(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int top, bool isSigned)
    {
        float lowest = isSigned ? float.PositiveInfinity : 0;
        float highest = float.NegativeInfinity;
        float sumW = 0;
        float sumX = 0;
        for (int i = 0; i < x.Length; i++)
        {
            lowest = MathF.Min(lowest, x[i]);
            highest = MathF.Max(highest, x[i]);
            sumW += w[i];
            sumX += w[i] * x[i];
        }

        if (!(highest > lowest))
        {
            return (0, -lowest);
        }

        float bestScale = (highest - lowest) / top;
        float bestMinimum = lowest;
        float least = Error(x, w, bestScale, bestMinimum, 1 / bestScale, bestMinimum, top);
        for (int trial = 0; trial < 37; trial++)
        {
            float inverse = (top - 0.9f + (0.05f * trial)) / (highest - lowest);
            float sumL = 0;
            float sumLL = 0;
            float sumLX = 0;
            for (int i = 0; i < x.Length; i++)
            {
                float level = Level(x[i], lowest, inverse, top);
                sumL += w[i] * level;
                sumLL += w[i] * level * level;
                sumLX += w[i] * level * x[i];
            }

            float determinant = (sumW * sumLL) - (sumL * sumL);
            if (!(determinant > 0))
            {
                continue;
            }

            float scale = ((sumW * sumLX) - (sumX * sumL)) / determinant;
            float minimum = ((sumLL * sumX) - (sumL * sumLX)) / determinant;
            if (!isSigned && minimum > 0)
            {
                (scale, minimum) = (sumLX / sumLL, 0);
            }

            float error = Error(x, w, scale, minimum, inverse, lowest, top);
            if (error < least)
            {
                (least, bestScale, bestMinimum) = (error, scale, minimum);
            }
        }

        return (bestScale, -bestMinimum);
    }

    /// <summary>The level of each weight.</summary>
    public static void Levels(ReadOnlySpan<float> x, float scale, float minimum, int top, Span<byte> levels)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < x.Length; i++)
        {
            levels[i] = (byte)Level(x[i], -minimum, inverse, top);
        }
    }

    /// <summary>The weighted squared error of the best levels.</summary>
    public static float Error(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float scale, float minimum, int top) =>
        Error(x, w, scale, -minimum, scale == 0 ? 0 : 1 / scale, -minimum, top);

    private static float Level(float x, float lowest, float inverse, int top) =>
        MathF.Min(MathF.Max(MathF.Round((x - lowest) * inverse), 0), top);

    private static float Error(
        ReadOnlySpan<float> x, ReadOnlySpan<float> w, float scale, float minimum, float inverse, float lowest, int top)
    {
        float error = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float difference = (scale * Level(x[i], lowest, inverse, top)) + minimum - x[i];
            error += w[i] * difference * difference;
        }

        return error;
    }
}
