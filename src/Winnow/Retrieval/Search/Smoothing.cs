namespace Winnow.Retrieval.Search;

/// <summary>Averages scores over neighbouring tokens, document by document: a passage that matches in many places beats a single token.</summary>
internal static class Smoothing
{
    /// <summary>Tokens of the kernel (inferred in the brief): a box, whose cost does not depend on its width.</summary>
    public const int Width = 32;

    /// <summary>Smooths in place.</summary>
    /// <param name="scores">The tokens of one document.</param>
    public static void Apply(Span<float> scores)
    {
        // The kernel reaches from Width / 2 before a token to Width / 2 − 1 after it; beyond the ends lie zeros.
        Span<float> ring = stackalloc float[Width];
        double sum = 0;
        int half = Width / 2;
        for (int i = 0; i < Math.Min(half - 1, scores.Length); i++)
        {
            sum += scores[i];
        }

        for (int i = 0; i < scores.Length; i++)
        {
            if (i + half - 1 < scores.Length)
            {
                sum += scores[i + half - 1];
            }

            float original = scores[i];
            if (i > half)
            {
                sum -= ring[(i - half - 1) % Width];
            }

            ring[i % Width] = original;
            scores[i] = (float)(Math.Max(sum, 0) / Width);
        }
    }
}
