using Winnow.Quantization.SignedBlocks;

namespace Winnow.Quantization.Encoding;

/// <summary>Finds the scale of a group of weights of uneven levels: x ≈ scale · <see cref="FourBitCodes.NonLinear"/>[code].</summary>
internal static class LevelSearch
{
    private const float Negligible = 1e-15f;
    private const int Halves = 256;
    private const float Lowest = -127;

    private static readonly byte[] NonLinearCodes = NearestOfHalves(FourBitCodes.NonLinear);

    /// <summary>The scale of least weighted squared error among a few trials, each fitted in closed form; 0 for a group of zeros.</summary>
    /// <param name="x">The weights.</param>
    /// <param name="w">What their errors count.</param>
    public static float Scale(ReadOnlySpan<float> x, ReadOnlySpan<float> w)
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
            float inverse = trial == -8 ? -Lowest / extreme : (trial + Lowest) / extreme;
            (float products, float squares) = Sums(x, w, inverse);
            if (squares > 0 && products * products > bestGain * squares)
            {
                best = products / squares;
                bestGain = products * best;
            }
        }

        return best;
    }

    /// <summary>The nearest code of each weight.</summary>
    public static void Codes(ReadOnlySpan<float> x, float scale, Span<byte> codes)
    {
        ReadOnlySpan<byte> nearest = NonLinearCodes;
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < x.Length; i++)
        {
            codes[i] = (byte)Nearest(x[i] * inverse, nearest);
        }
    }

    /// <summary>Σ w·x·level and Σ w·level² of the nearest levels.</summary>
    public static (float Products, float Squares) Sums(ReadOnlySpan<float> x, ReadOnlySpan<float> w, float inverse)
    {
        ReadOnlySpan<byte> nearest = NonLinearCodes;
        ReadOnlySpan<sbyte> levels = FourBitCodes.NonLinear;
        float products = 0;
        float squares = 0;
        for (int i = 0; i < x.Length; i++)
        {
            float level = levels[Nearest(x[i] * inverse, nearest)];
            products += w[i] * level * x[i];
            squares += w[i] * level * level;
        }

        return (products, squares);
    }

    /// <summary>Levels are whole numbers, so the bounds between them are multiples of a half: twice the value, rounded down, says which is nearest.</summary>
    private static int Nearest(float value, ReadOnlySpan<byte> codes) =>
        codes[(int)MathF.Floor(MathF.Min(MathF.Max(2 * value, -Halves), Halves - 1)) + Halves];

    /// <summary>The nearest code of each number of halves, of equals the larger.</summary>
    private static byte[] NearestOfHalves(ReadOnlySpan<sbyte> levels)
    {
        byte[] codes = new byte[2 * Halves];
        for (int i = 0; i < codes.Length; i++)
        {
            int halves = i - Halves;
            int code = 0;
            while (code + 1 < levels.Length && halves >= levels[code] + levels[code + 1])
            {
                code++;
            }

            codes[i] = (byte)code;
        }

        return codes;
    }
}
