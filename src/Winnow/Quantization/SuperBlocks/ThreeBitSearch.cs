using Winnow.Quantization.Encoding;

namespace Winnow.Quantization.SuperBlocks;

/// <summary>Finds the scales of Q3_K blocks: sixteen groups of 16 with x ≈ d·scale·level, scale in −32..31, level in −4..3.</summary>
internal static class ThreeBitSearch
{
    private const int GroupLength = 16;
    private const int Groups = 16;

    /// <summary>Encodes all of a block but the packing.</summary>
    /// <param name="block">256 values.</param>
    /// <param name="importance">See <see cref="ErrorWeights.Of"/>.</param>
    /// <param name="scales">Receives the scales plus 32.</param>
    /// <param name="levels">Receives the 256 levels plus 4.</param>
    /// <returns>d.</returns>
    public static Half Encode(ReadOnlySpan<float> block, ReadOnlySpan<float> importance, Span<byte> scales, Span<byte> levels)
    {
        Span<float> weights = stackalloc float[block.Length];
        Span<float> found = stackalloc float[Groups];
        ErrorWeights.Of(block, importance, ErrorWeights.Variance(block, 2), weights, share: 0.25f);
        float extreme = 0;
        for (int group = 0; group < Groups; group++)
        {
            found[group] = SymmetricSearch.Find(Part(block, group), Part(weights, group), 4);
            extreme = MathF.Abs(found[group]) > MathF.Abs(extreme) ? found[group] : extreme;
        }

        float d = (float)(Half)(extreme / -32);
        SymmetricSearch.Levels(found, d, 32, scales);
        ChooseLevels(block, scales, d, levels);

        // With these levels the d of least error follows; they are chosen anew for it.
        double products = 0;
        double squares = 0;
        for (int i = 0; i < block.Length; i++)
        {
            double value = (scales[i / GroupLength] - 32) * (levels[i] - 4);
            products += weights[i] * value * block[i];
            squares += weights[i] * value * value;
        }

        Half fitted = squares > 0 ? (Half)(products / squares) : (Half)d;
        ChooseLevels(block, scales, (float)fitted, levels);
        return fitted;
    }

    private static void ChooseLevels(ReadOnlySpan<float> block, ReadOnlySpan<byte> scales, float d, Span<byte> levels)
    {
        for (int group = 0; group < Groups; group++)
        {
            SymmetricSearch.Levels(Part(block, group), d * (scales[group] - 32), 4, levels.Slice(group * GroupLength, GroupLength));
        }
    }

    private static ReadOnlySpan<float> Part(ReadOnlySpan<float> all, int group) => all.Slice(group * GroupLength, GroupLength);
}
