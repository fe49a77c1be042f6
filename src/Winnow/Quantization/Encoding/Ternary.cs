namespace Winnow.Quantization.Encoding;

/// <summary>Weights that were trained to be −d, 0 or d.</summary>
internal static class Ternary
{
    /// <summary>d, which is the largest magnitude, and what weights are multiplied with to become −1, 0 or 1.</summary>
    public static Half Scale(ReadOnlySpan<float> block, out float inverse)
    {
        float largest = 0;
        foreach (float x in block)
        {
            largest = MathF.Max(largest, MathF.Abs(x));
        }

        inverse = largest > 0 ? 1 / largest : 0;
        return (Half)largest;
    }

    /// <summary>0, 1 or 2; halves away from zero.</summary>
    public static int Digit(float x, float inverse) => (int)MathF.Round(x * inverse, MidpointRounding.AwayFromZero) + 1;
}
