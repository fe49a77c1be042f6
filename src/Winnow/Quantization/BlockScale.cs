namespace Winnow.Quantization;

/// <summary>The direct scales of the 32-element types, without a search: the extremes of a block map onto the extremes of the range.</summary>
internal static class BlockScale
{
    /// <summary>
    /// Maps the element of largest magnitude (the first, among equals) to level 0, so that its sign decides which side gets the
    /// extra level: x ≈ scale·(level − half), level from 0 to 2·half − 1.
    /// </summary>
    /// <returns>The scale, before its rounding to f16.</returns>
    public static float Symmetric(ReadOnlySpan<float> block, int half, Span<byte> levels)
    {
        float largest = 0;
        float extreme = 0;
        foreach (float value in block)
        {
            float magnitude = MathF.Abs(value);
            if (magnitude > largest)
            {
                largest = magnitude;
                extreme = value;
            }
        }

        float scale = extreme / -half;
        float inverse = Inverse(scale);
        float offset = half + 0.5f;
        int top = 2 * half - 1;
        for (int j = 0; j < block.Length; j++)
        {
            levels[j] = (byte)Math.Min(top, (int)(block[j] * inverse + offset));
        }

        return scale;
    }

    /// <summary>Maps the smallest element to level 0 and the largest to <paramref name="top"/>: x ≈ scale·level + minimum.</summary>
    /// <returns>Scale and minimum, before their rounding to f16.</returns>
    public static (float Scale, float Minimum) Affine(ReadOnlySpan<float> block, int top, Span<byte> levels)
    {
        float minimum = float.MaxValue;
        float maximum = -float.MaxValue;
        foreach (float value in block)
        {
            minimum = value < minimum ? value : minimum;
            maximum = value > maximum ? value : maximum;
        }

        float scale = (maximum - minimum) / top;
        float inverse = Inverse(scale);
        for (int j = 0; j < block.Length; j++)
        {
            levels[j] = (byte)Math.Min(top, (int)((block[j] - minimum) * inverse + 0.5f));
        }

        return (scale, minimum);
    }

    /// <summary>1/scale, or 0 where that overflows: such a scale is far below the smallest f16 and stored as 0.</summary>
    public static float Inverse(float scale)
    {
        float inverse = 1 / scale;
        return float.IsFinite(inverse) ? inverse : 0;
    }
}
