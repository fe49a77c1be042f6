namespace Winnow.Quantization.Encoding;

/// <summary>Finds the scale of a group of weights whose levels are those of a small table: x ≈ scale · levels[code].</summary>
internal static class LevelSearch
{
    private const float Negligible = 1e-15f;

    /// <summary>The scale of least weighted squared error among a few trials, each fitted in closed form; 0 for a group of zeros.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="w">What their errors count.</param>
    /// <param name="levels">The levels, ascending; the first is the largest in magnitude.</param>
    public static float Scale(ReadOnlySpan<float> x, ReadOnlySpan<float> w, ReadOnlySpan<sbyte> levels)
    {
        float extreme = 0;
        foreach (float value in x)
        {
            extreme = MathF.Abs(value) > MathF.Abs(extreme) ? value : extreme;
        }

        if (MathF.Abs(extreme) < Negligible)
        {
            return 0;
        }

        float best = 0;
        float bestGain = 0;
        for (int trial = -8; trial <= 8; trial++)
        {
            // The largest weight becomes the lowest level, or nearly so; the first trial maps it to the top instead.
            float inverse = trial == -8 ? -levels[0] / extreme : (trial + levels[0]) / extreme;
            (float products, float squares) = Sums(x, w, inverse, levels);
            if (squares > 0 && products * products > bestGain * squares)
            {
                best = products / squares;
                bestGain = products * best;
            }
        }

        return best;
    }

    /// <summary>The nearest code of each weight.</summary>
    public static void Codes(ReadOnlySpan<float> x, float scale, ReadOnlySpan<sbyte> levels, Span<byte> codes)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < x.Length; i++)
        {
            codes[i] = (byte)Nearest(x[i] * inverse, levels);
        }
    }

    /// <summary>Σ w·x·level and Σ w·level² of the nearest levels.</summary>
    public static (float Products, float Squares) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float inverse, ReadOnlySpan<sbyte> levels)
    {
        float products = 0;
        float squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float level = levels[Nearest(x[i] * inverse, levels)];
            products += w[i] * level * x[i];
            squares += w[i] * level * level;
        }

        return (products, squares);
    }

    /// <summary>By halving: the levels are sixteen.</summary>
    private static int Nearest(float value, ReadOnlySpan<sbyte> levels)
    {
        int low = 0;
        for (int half = 8; half > 0; half /= 2)
        {
            low += value * 2 >= levels[low + half - 1] + levels[low + half] ? half : 0;
        }

        return low;
    }
}
