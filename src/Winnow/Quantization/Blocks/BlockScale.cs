using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;

namespace Winnow.Quantization.Blocks;

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
        (float minimum, float maximum) = Extremes(block);
        bool isNegative = -minimum > maximum || (-minimum == maximum && block.IndexOf(minimum) < block.IndexOf(maximum));
        float scale = (isNegative ? minimum : maximum) / -half;
        Levels(block, 0, Inverse(scale), half + 0.5f, 2 * half - 1, levels);
        return scale;
    }

    /// <summary>Maps the smallest element to level 0 and the largest to <paramref name="top"/>: x ≈ scale·level + minimum.</summary>
    /// <returns>Scale and minimum, before their rounding to f16.</returns>
    public static (float Scale, float Minimum) Affine(ReadOnlySpan<float> block, int top, Span<byte> levels)
    {
        (float minimum, float maximum) = Extremes(block);
        float scale = (maximum - minimum) / top;
        Levels(block, minimum, Inverse(scale), 0.5f, top, levels);
        return (scale, minimum);
    }

    /// <summary>As the other, with the scale of least squared error weighted by importances.</summary>
    public static float Symmetric(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, int half, Span<byte> levels)
    {
        Span<float> weights = stackalloc float[block.Length];
        ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 1), weights);
        Half scale = (Half)SymmetricSearch.Find(block, weights, half);
        SymmetricSearch.Levels(block, (float)scale, half, levels);
        return (float)scale;
    }

    /// <summary>As the other, with scale and minimum of least squared error weighted by importances.</summary>
    public static (float Scale, float Minimum) Affine(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, int top, Span<byte> levels)
    {
        Span<float> weights = stackalloc float[block.Length];
        ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 1), weights);
        (float scale, float subtracted) = AffineSearch.Find(block, weights, top, isSigned: true);
        AffineSearch.Levels(block, (float)(Half)scale, (float)(Half)subtracted, top, levels);
        return (scale, -subtracted);
    }

    /// <summary>1/scale, or 0 where that overflows: such a scale is far below the smallest f16 and stored as 0.</summary>
    public static float Inverse(float scale)
    {
        float inverse = 1 / scale;
        return float.IsFinite(inverse) ? inverse : 0;
    }

    /// <summary>Converts 32 whole numbers between 0 and 255 to bytes.</summary>
    public static void Store(Vector256<float> a, Vector256<float> b, Vector256<float> c, Vector256<float> d, Span<byte> levels)
    {
        Vector256<short> lower = Vector256.Narrow(Vector256.ConvertToInt32(a), Vector256.ConvertToInt32(b));
        Vector256<short> upper = Vector256.Narrow(Vector256.ConvertToInt32(c), Vector256.ConvertToInt32(d));
        Vector256.Narrow(lower.AsUInt16(), upper.AsUInt16()).CopyTo(levels);
    }

    private static (float Minimum, float Maximum) Extremes(ReadOnlySpan<float> block)
    {
        Vector256<float> minimum = Vector256.Create(block);
        Vector256<float> maximum = minimum;
        for (int j = Vector256<float>.Count; j < block.Length; j += Vector256<float>.Count)
        {
            Vector256<float> values = Vector256.Create(block[j..]);
            minimum = Vector256.MinNative(minimum, values);
            maximum = Vector256.MaxNative(maximum, values);
        }

        float lowest = minimum[0];
        float highest = maximum[0];
        for (int lane = 1; lane < Vector256<float>.Count; lane++)
        {
            lowest = MathF.Min(lowest, minimum[lane]);
            highest = MathF.Max(highest, maximum[lane]);
        }

        return (lowest, highest);
    }

    private static void Levels(ReadOnlySpan<float> block, float minimum, float inverse, float offset, int top, Span<byte> levels)
    {
        Vector256<float> a = Level(Vector256.Create(block), minimum, inverse, offset, top);
        Vector256<float> b = Level(Vector256.Create(block[8..]), minimum, inverse, offset, top);
        Vector256<float> c = Level(Vector256.Create(block[16..]), minimum, inverse, offset, top);
        Vector256<float> d = Level(Vector256.Create(block[24..]), minimum, inverse, offset, top);
        Store(a, b, c, d, levels);
    }

    private static Vector256<float> Level(Vector256<float> values, float minimum, float inverse, float offset, int top) =>
        Vector256.MinNative(
            Vector256.Truncate((values - Vector256.Create(minimum)) * inverse + Vector256.Create(offset)), Vector256.Create((float)top));
}
