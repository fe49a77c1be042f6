namespace Winnow.Quantization.Encoding;

/// <summary>Finds the scale of a group: x ≈ scale·level, level in −half..half − 1.</summary>
internal static class SymmetricSearch
{
    private const float Negligible = 1e-15f;

    /// <summary>The scale of least weighted squared error among a few trials, each fitted in closed form; 0 for a group of zeros.</summary>
    public static float Find(ReadOnlySpan<float> x, ReadOnlySpan<float> w, int half)
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
        for (int trial = -9; trial <= 9; trial++)
        {
            float inverse = -(half + (0.1f * trial)) / extreme;
            float products = 0;
            float squares = 0;
            for (int i = 0; i < x.Length; i++)
            {
                float level = Level(x[i], inverse, half);
                products += w[i] * x[i] * level;
                squares += w[i] * level * level;
            }

            if (squares > 0 && products * products > bestGain * squares)
            {
                best = products / squares;
                bestGain = best * products;
            }
        }

        return best;
    }

    /// <summary>The level of each weight, plus <paramref name="half"/>.</summary>
    public static void Levels(ReadOnlySpan<float> x, float scale, int half, Span<byte> levels)
    {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < x.Length; i++)
        {
            levels[i] = (byte)(Level(x[i], inverse, half) + half);
        }
    }

    private static float Level(float x, float inverse, int half) => MathF.Min(MathF.Max(MathF.Round(x * inverse), -half), half - 1);
}
