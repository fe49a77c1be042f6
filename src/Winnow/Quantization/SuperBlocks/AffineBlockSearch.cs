using System.Buffers.Binary;
using Winnow.Quantization.Encoding;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Finds scales and minima of blocks of 256: groups with x ≈ d·scale·level − dmin·minimum. Of Q2_K, and of Q4_K and Q5_K where
/// importances are given.
/// </summary>
/// <remarks>
/// Each group has its best real scale and minimum first. They are rounded to multiples of d and dmin, their neighbours are tried, and d
/// and dmin are fitted to all groups at once.
/// </remarks>
internal static class AffineBlockSearch
{
    /// <summary>Encodes all of a Q2_K block but the packing of its levels.</summary>
    /// <param name="block">256 values.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="factors">Receives scales in the low, minima in the high nibbles.</param>
    /// <param name="levels">Receives the 256 levels.</param>
    /// <returns>d and dmin.</returns>
    public static (Half D, Half DMin) EncodePer16(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, Span<byte> factors, Span<byte> levels)
    {
        Span<byte> scales = stackalloc byte[16];
        Span<byte> minima = stackalloc byte[16];
        (Half d, Half dmin) = Encode(block, importance, top: 3, factorTop: 15, scales, minima, levels);
        for (int group = 0; group < 16; group++)
        {
            factors[group] = (byte)(scales[group] | (minima[group] << 4));
        }

        return (d, dmin);
    }

    /// <summary>Encodes all of a Q4_K or Q5_K block but the packing of its levels.</summary>
    /// <param name="block">256 values.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="top">The highest level.</param>
    /// <param name="header">Receives d, dmin and the packed scales: 16 bytes.</param>
    /// <param name="levels">Receives the 256 levels.</param>
    public static void EncodePer32(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, int top, Span<byte> header, Span<byte> levels)
    {
        Span<byte> scales = stackalloc byte[8];
        Span<byte> minima = stackalloc byte[8];
        (Half d, Half dmin) = Encode(block, importance, top, factorTop: 63, scales, minima, levels);
        BinaryPrimitives.WriteHalfLittleEndian(header, d);
        BinaryPrimitives.WriteHalfLittleEndian(header[2..], dmin);
        PackedScales.Pack(scales, minima, header[4..]);
    }

    private static (Half D, Half DMin) Encode(
        ReadOnlySpan<float> block,
        ReadOnlySpan<float> importance,
        int top,
        int factorTop,
        Span<byte> scales,
        Span<byte> minima,
        Span<byte> levels)
    {
        Span<float> weights = stackalloc float[block.Length];
        Span<float> foundScales = stackalloc float[16];
        Span<float> foundMinima = stackalloc float[16];
        Weigh(block, importance, weights);
        int length = block.Length / scales.Length;
        float largestScale = 0;
        float largestMinimum = 0;
        for (int group = 0; group < scales.Length; group++)
        {
            (foundScales[group], foundMinima[group]) = AffineSearch.Find(
                block.Slice(group * length, length), weights.Slice(group * length, length), top, isSigned: false);
            largestScale = MathF.Max(largestScale, foundScales[group]);
            largestMinimum = MathF.Max(largestMinimum, foundMinima[group]);
        }

        float d = (float)(Half)(largestScale / factorTop);
        float dmin = (float)(Half)(largestMinimum / factorTop);
        for (int pass = 0; pass < 2; pass++)
        {
            for (int group = 0; group < scales.Length; group++)
            {
                ReadOnlySpan<float> x = block.Slice(group * length, length), w = weights.Slice(group * length, length);
                Span<byte> own = levels.Slice(group * length, length);
                int nearScale = Factor(foundScales[group], d, factorTop);
                int nearMinimum = Factor(foundMinima[group], dmin, factorTop);
                (scales[group], minima[group]) = Best(x, w, top, factorTop, d, dmin, nearScale, nearMinimum);
                AffineSearch.Levels(x, d * scales[group], dmin * minima[group], top, own);
            }

            (d, dmin) = Fit(block, weights, scales, minima, levels, d, dmin);
        }

        for (int group = 0; group < scales.Length; group++)
        {
            Span<byte> own = levels.Slice(group * length, length);
            AffineSearch.Levels(block.Slice(group * length, length), d * scales[group], dmin * minima[group], top, own);
        }

        return ((Half)d, (Half)dmin);
    }

    private static void Weigh(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, Span<float> weights)
    {
        if (!importance.IsEmpty)
        {
            ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 2), weights);
            return;
        }

        // Large weights matter more, small ones are not ignored.
        float rms = MathF.Sqrt(ErrorWeights.Variance(block, 1));
        for (int i = 0; i < block.Length; i++)
        {
            weights[i] = rms + MathF.Abs(block[i]);
        }
    }

    /// <summary>The neighbours of rounded factors that cost least.</summary>
    private static (byte Scale, byte Minimum) Best(
        ReadOnlySpan<float> x, ReadOnlySpan<float> w, int top, int factorTop, float d, float dmin, int nearScale, int nearMinimum)
    {
        (int Scale, int Minimum) best = (nearScale, nearMinimum);
        float least = float.PositiveInfinity;
        for (int scale = Math.Max(nearScale - 1, 0); scale <= Math.Min(nearScale + 1, factorTop); scale++)
        {
            for (int minimum = Math.Max(nearMinimum - 1, 0); minimum <= Math.Min(nearMinimum + 1, factorTop); minimum++)
            {
                float error = AffineSearch.Error(x, w, d * scale, dmin * minimum, top);
                (least, best) = error < least ? (error, (scale, minimum)) : (least, best);
            }
        }

        return ((byte)best.Scale, (byte)best.Minimum);
    }

    /// <summary>Least squares in d and dmin, where the equations say something of both; values that an f16 holds.</summary>
    private static (float D, float DMin) Fit(
        ReadOnlySpan<float> block,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<byte> scales,
        ReadOnlySpan<byte> minima,
        ReadOnlySpan<byte> levels,
        float d,
        float dmin)
    {
        int length = block.Length / scales.Length;
        double aa = 0, ab = 0, bb = 0, ax = 0, bx = 0;
        for (int i = 0; i < block.Length; i++)
        {
            double a = scales[i / length] * levels[i];
            double b = -minima[i / length];
            double w = weights[i];
            aa += w * a * a;
            ab += w * a * b;
            bb += w * b * b;
            ax += w * a * block[i];
            bx += w * b * block[i];
        }

        double determinant = (aa * bb) - (ab * ab);
        if (!(determinant > 1e-6 * aa * bb))
        {
            return (d, dmin);
        }

        float fittedD = (float)(Half)(((ax * bb) - (bx * ab)) / determinant);
        float fittedMinimum = (float)(Half)(((bx * aa) - (ax * ab)) / determinant);
        return fittedD > 0 && fittedMinimum > 0 ? (fittedD, fittedMinimum) : (d, dmin);
    }

    private static int Factor(float value, float unit, int top) => unit == 0 ? 0 : Math.Clamp((int)MathF.Round(value / unit), 0, top);
}
