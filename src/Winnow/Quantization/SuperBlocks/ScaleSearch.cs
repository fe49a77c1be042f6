using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Winnow.Quantization.Encoding;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>Finds the scales of Q6_K blocks: sixteen groups of 16 with x ≈ scale·level, level in −32..31.</summary>
/// <remarks>
/// For each of a few trial spacings the levels are fixed by rounding, and the least-squares scale for those levels (an element
/// weighs its square, or as much as its importance says) follows in closed form; the trial that explains most wins. The groups are the lanes of two vectors, so each
/// lane computes the plain scalar algorithm in its order, and results do not depend on the processor.
/// </remarks>
internal static class ScaleSearch
{
    private const int GroupLength = 16;

    /// <summary>Below this a group counts as zero: its squares would vanish in a float.</summary>
    private const float Negligible = 1e-15f;

    /// <summary>Encodes all of a block but the packing of its levels.</summary>
    /// <param name="block">256 values.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="scales">Receives the sixteen 8-bit scales.</param>
    /// <param name="levels">Receives the 256 levels, 0 to 63.</param>
    /// <returns>The block's scale.</returns>
    public static Half Encode(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, Span<sbyte> scales, Span<byte> levels)
    {
        Span<float> found = stackalloc float[16];
        Span<float> weights = stackalloc float[block.Length];
        ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 2), weights);
        Search(block[..128], weights[..128]).CopyTo(found);
        Search(block[128..], weights[128..]).CopyTo(found[8..]);
        float extreme = 0;
        foreach (float scale in found)
        {
            extreme = MathF.Abs(scale) > MathF.Abs(extreme) ? scale : extreme;
        }

        if (MathF.Abs(extreme) < Negligible)
        {
            scales.Clear();
            levels.Clear();
            return (Half)0f;
        }

        float inverse = -128 / extreme;
        Half d = (Half)(1 / inverse);
        for (int group = 0; group < found.Length; group++)
        {
            scales[group] = (sbyte)Math.Clamp(MathF.Round(inverse * found[group]), -128, 127);

            // The stored scale differs a little from the one found: the levels are chosen anew for it.
            float scale = (float)d * scales[group];
            Span<byte> groupLevels = levels.Slice(group * GroupLength, GroupLength);
            if (scale == 0)
            {
                groupLevels.Fill(32);
                continue;
            }

            ReadOnlySpan<float> values = block.Slice(group * GroupLength, GroupLength);
            Vector256<int> lower = Vector256.ConvertToInt32(RoundToLevels(Vector256.Create(values) / scale));
            Vector256<int> upper = Vector256.ConvertToInt32(RoundToLevels(Vector256.Create(values[8..]) / scale));
            Vector256<short> both = Vector256.Narrow(lower, upper) + Vector256.Create((short)32);
            Vector128.Narrow(both.GetLower(), both.GetUpper()).AsByte().CopyTo(groupLevels);
        }

        return d;
    }

    /// <summary>The scales of eight groups, one a lane.</summary>
    private static Vector256<float> Search(ReadOnlySpan<float> groups, ReadOnlySpan<float> errorWeights)
    {
        Span<Vector256<float>> values = stackalloc Vector256<float>[GroupLength];
        Span<float> transposed = MemoryMarshal.Cast<Vector256<float>, float>(values);
        Span<Vector256<float>> weights = stackalloc Vector256<float>[GroupLength];
        Span<float> transposedWeights = MemoryMarshal.Cast<Vector256<float>, float>(weights);
        for (int i = 0; i < groups.Length; i++)
        {
            transposed[i % GroupLength * 8 + i / GroupLength] = groups[i];
            transposedWeights[i % GroupLength * 8 + i / GroupLength] = errorWeights[i];
        }

        Vector256<float> largest = Vector256<float>.Zero;
        Vector256<float> extreme = Vector256<float>.Zero;
        foreach (Vector256<float> x in values)
        {
            Vector256<float> magnitude = Vector256.Abs(x);
            Vector256<float> isLarger = Vector256.GreaterThan(magnitude, largest);
            largest = Vector256.ConditionalSelect(isLarger, magnitude, largest);
            extreme = Vector256.ConditionalSelect(isLarger, x, extreme);
        }

        // The trial without an offset comes first and wins ties; where a group is all zero the sums are 0 or NaN and no trial wins.
        Vector256<float> bestScale = Vector256<float>.Zero;
        Vector256<float> bestGain = Vector256<float>.Zero;
        for (int trial = -1; trial < 19; trial++)
        {
            float step = trial < 0 ? 0 : 0.1f * (trial - 9);
            Vector256<float> spacing = Vector256.Create(-(32 + step)) / extreme;
            Vector256<float> sumWXL = Vector256<float>.Zero;
            Vector256<float> sumWLL = Vector256<float>.Zero;
            for (int i = 0; i < values.Length; i++)
            {
                Vector256<float> x = values[i];
                Vector256<float> level = RoundToLevels(spacing * x);
                Vector256<float> w = weights[i];
                sumWXL += w * x * level;
                sumWLL += w * level * level;
            }

            Vector256<float> isBetter = Vector256.GreaterThan(sumWLL, Vector256<float>.Zero)
                & Vector256.GreaterThan(sumWXL * sumWXL, bestGain * sumWLL);
            Vector256<float> scale = sumWXL / sumWLL;
            bestScale = Vector256.ConditionalSelect(isBetter, scale, bestScale);
            bestGain = Vector256.ConditionalSelect(isBetter, scale * sumWXL, bestGain);
        }

        return Vector256.AndNot(bestScale, Vector256.LessThan(largest, Vector256.Create(Negligible)));
    }

    private static Vector256<float> RoundToLevels(Vector256<float> value) =>
        Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value), Vector256.Create(-32f)), Vector256.Create(31f));
}
