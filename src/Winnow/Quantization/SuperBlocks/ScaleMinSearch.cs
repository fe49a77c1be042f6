using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Blocks;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>
/// Finds scales and minima of Q4_K and Q5_K blocks: eight groups of 32 with x ≈ scale·level − minimum, level in 0..top.
/// </summary>
/// <remarks>
/// For each of a few trial spacings the levels are fixed by rounding, and the weighted least-squares scale and minimum for those
/// levels follow in closed form; the trial with the least weighted squared error wins. An element weighs its magnitude plus the
/// group's root mean square: large weights matter more, small ones are not ignored. The eight groups of a block are the eight
/// lanes of a vector, so each lane computes the plain scalar algorithm in its order, and results do not depend on the processor.
/// </remarks>
internal static class ScaleMinSearch
{
    private const int GroupLength = 32;

    /// <summary>Encodes all of a block but the packing of its levels.</summary>
    /// <param name="block">256 values.</param>
    /// <param name="top">The highest level.</param>
    /// <param name="firstStep">The first trial's range is <paramref name="top"/> plus this; each further trial adds 0.1.</param>
    /// <param name="steps">How many trials.</param>
    /// <param name="header">Receives d, dmin and the packed scales: 16 bytes.</param>
    /// <param name="levels">Receives the 256 levels.</param>
    public static void Encode(ReadOnlySpan<float> block, int top, float firstStep, int steps, Span<byte> header, Span<byte> levels)
    {
        (Vector256<float> groupScales, Vector256<float> groupMinima) = Search(block, top, firstStep, steps);
        float largestScale = LargestLane(groupScales);
        float largestMinimum = LargestLane(groupMinima);
        Half d = (Half)(largestScale / 63);
        Half dmin = (Half)(largestMinimum / 63);
        BinaryPrimitives.WriteHalfLittleEndian(header, d);
        BinaryPrimitives.WriteHalfLittleEndian(header[2..], dmin);

        Span<byte> scales = stackalloc byte[8];
        Span<byte> minima = stackalloc byte[8];
        Vector256<float> sixBitScales = RoundToLevels(groupScales * SixBitFactor(largestScale), 63);
        Vector256<float> sixBitMinima = RoundToLevels(groupMinima * SixBitFactor(largestMinimum), 63);
        for (int group = 0; group < 8; group++)
        {
            scales[group] = (byte)sixBitScales[group];
            minima[group] = (byte)sixBitMinima[group];
        }

        PackedScales.Pack(scales, minima, header[4..]);

        // The stored scale and minimum differ a little from those found: the levels are chosen anew for them.
        for (int group = 0; group < 8; group++)
        {
            float scale = (float)d * scales[group];
            float minimum = (float)dmin * minima[group];
            Levels(block.Slice(group * GroupLength, GroupLength), scale, minimum, top, levels[(group * GroupLength)..]);
        }
    }

    private static (Vector256<float> Scales, Vector256<float> Minima) Search(
        ReadOnlySpan<float> block, int top, float firstStep, int steps)
    {
        Span<Vector256<float>> values = stackalloc Vector256<float>[GroupLength];
        Span<Vector256<float>> weights = stackalloc Vector256<float>[GroupLength];
        Span<Vector256<float>> trial = stackalloc Vector256<float>[GroupLength];
        Span<float> transposed = MemoryMarshal.Cast<Vector256<float>, float>(values);
        for (int i = 0; i < block.Length; i++)
        {
            transposed[i % GroupLength * 8 + i / GroupLength] = block[i];
        }

        Vector256<float> lowest = Vector256<float>.Zero;
        Vector256<float> highest = values[0];
        Vector256<float> sumSquares = Vector256<float>.Zero;
        foreach (Vector256<float> x in values)
        {
            lowest = Vector256.MinNative(lowest, x);
            highest = Vector256.MaxNative(highest, x);
            sumSquares += x * x;
        }

        Vector256<float> rms = Vector256.Sqrt(sumSquares / GroupLength);
        Vector256<float> sumW = Vector256<float>.Zero;
        Vector256<float> sumWX = Vector256<float>.Zero;
        for (int i = 0; i < values.Length; i++)
        {
            Vector256<float> w = rms + Vector256.Abs(values[i]);
            weights[i] = w;
            sumW += w;
            sumWX += w * values[i];
        }

        // A group of equal values has range 0: its trials are NaN, lose every comparison, and leave scale 0 with the minimum.
        Vector256<float> bestScale = (highest - lowest) / top;
        Vector256<float> bestMinimum = lowest;
        Vector256<float> bestError = Vector256<float>.Zero;
        Vector256<float> spacing = Vector256.Create((float)top) / (highest - lowest);
        for (int i = 0; i < values.Length; i++)
        {
            Vector256<float> level = RoundToLevels(spacing * (values[i] - lowest), top);
            Vector256<float> difference = bestScale * level + bestMinimum - values[i];
            bestError += weights[i] * (difference * difference);
        }

        for (int step = 0; step < steps; step++)
        {
            // The range begins at the best minimum so far, not at the lowest value: the search descends in both parameters.
            lowest = bestMinimum;
            spacing = Vector256.Create(firstStep + 0.1f * step + top) / (highest - lowest);
            Vector256<float> sumWL = Vector256<float>.Zero;
            Vector256<float> sumWLL = Vector256<float>.Zero;
            Vector256<float> sumWLX = Vector256<float>.Zero;
            for (int i = 0; i < values.Length; i++)
            {
                Vector256<float> level = RoundToLevels(spacing * (values[i] - lowest), top);
                trial[i] = level;
                Vector256<float> wl = weights[i] * level;
                sumWL += wl;
                sumWLL += wl * level;
                sumWLX += wl * values[i];
            }

            Vector256<float> determinant = sumW * sumWLL - sumWL * sumWL;
            Vector256<float> scale = (sumW * sumWLX - sumWX * sumWL) / determinant;
            Vector256<float> minimum = (sumWLL * sumWX - sumWL * sumWLX) / determinant;

            // The format subtracts a minimum and cannot add one: where the best line starts above zero, force it through zero.
            Vector256<float> startsAboveZero = Vector256.GreaterThan(minimum, Vector256<float>.Zero);
            minimum = Vector256.AndNot(minimum, startsAboveZero);
            scale = Vector256.ConditionalSelect(startsAboveZero, sumWLX / sumWLL, scale);

            Vector256<float> error = Vector256<float>.Zero;
            for (int i = 0; i < values.Length; i++)
            {
                Vector256<float> difference = scale * trial[i] + minimum - values[i];
                error += weights[i] * (difference * difference);
            }

            Vector256<float> isBetter = Vector256.GreaterThan(determinant, Vector256<float>.Zero)
                & Vector256.LessThan(error, bestError);
            bestError = Vector256.ConditionalSelect(isBetter, error, bestError);
            bestScale = Vector256.ConditionalSelect(isBetter, scale, bestScale);
            bestMinimum = Vector256.ConditionalSelect(isBetter, minimum, bestMinimum);
        }

        return (bestScale, -bestMinimum);
    }

    private static void Levels(ReadOnlySpan<float> values, float scale, float minimum, int top, Span<byte> levels)
    {
        if (scale == 0)
        {
            levels[..GroupLength].Clear();
            return;
        }

        Vector256<float> a = RoundToLevels((Vector256.Create(values) + Vector256.Create(minimum)) / scale, top);
        Vector256<float> b = RoundToLevels((Vector256.Create(values[8..]) + Vector256.Create(minimum)) / scale, top);
        Vector256<float> c = RoundToLevels((Vector256.Create(values[16..]) + Vector256.Create(minimum)) / scale, top);
        Vector256<float> d = RoundToLevels((Vector256.Create(values[24..]) + Vector256.Create(minimum)) / scale, top);
        BlockScale.Store(a, b, c, d, levels);
    }

    private static Vector256<float> RoundToLevels(Vector256<float> value, int top) =>
        Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value), Vector256<float>.Zero), Vector256.Create((float)top));

    /// <summary>What takes the largest to 63; 0 where it is so small that its f16 scale is 0 anyway.</summary>
    private static float SixBitFactor(float largest)
    {
        float factor = 63 / largest;
        return float.IsFinite(factor) ? factor : 0;
    }

    private static float LargestLane(Vector256<float> values)
    {
        float largest = 0;
        for (int lane = 0; lane < 8; lane++)
        {
            largest = MathF.Max(largest, values[lane]);
        }

        return largest;
    }
}
