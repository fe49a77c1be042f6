namespace Winnow.Retrieval.Search;

/// <summary>From scores of tokens to spans: density peaks, thinned out, grown to where the density falls off, and snapped to units.</summary>
/// <remarks>Section 5 of the brief; the figures are inferred there.</remarks>
internal static class FeatureSearch
{
    /// <summary>Of two peaks that are closer, the higher one counts.</summary>
    private const int SuppressionTokens = 64;

    /// <summary>A span reaches to where the density falls below this part of its peak.</summary>
    private const float EdgeOfPeak = 0.3f;

    private const int LongestSpan = 256;
    private const int ShortestSpan = 32;

    /// <summary>Peaks that are passed over because they do not fit, before the search ends.</summary>
    private const int MaxMisses = 32;

    /// <summary>Takes the best spans until the allowance is used.</summary>
    /// <param name="state">The index.</param>
    /// <param name="density">Smoothed scores, [tokens].</param>
    /// <param name="selection">Receives the spans.</param>
    /// <param name="allowed">Tokens that may be spent.</param>
    public static void Take(IndexState state, float[] density, EvidenceSelection selection, int allowed)
    {
        int misses = 0;
        float best = 0;
        foreach (int peak in Peaks(density))
        {
            if (allowed <= 0 || misses == MaxMisses || density[peak] <= 0)
            {
                return;
            }

            best = best == 0 ? density[peak] : best;
            (int first, int end) = Grow(state, density, peak);
            int? cost = selection.TryTake(first, end, EvidenceSource.Features, density[peak] / best, allowed);
            if (cost is null)
            {
                // What is left may still hold the unit of the peak itself.
                int unit = state.UnitOf(peak);
                cost = selection.TryTake(unit, unit + 1, EvidenceSource.Features, density[peak] / best, allowed);
            }

            misses += cost is null ? 1 : 0;
            allowed -= cost ?? 0;
        }
    }

    /// <summary>Tokens whose density is the highest in their neighbourhood, the highest first.</summary>
    internal static IEnumerable<int> Peaks(float[] density)
    {
        // The highest token of each cell, then each of them unless a neighbour within reach is higher and stays.
        int cells = (density.Length + SuppressionTokens - 1) / SuppressionTokens;
        int[] tops = new int[cells];
        float[] heights = new float[cells];
        for (int cell = 0; cell < cells; cell++)
        {
            int top = cell * SuppressionTokens;
            for (int token = top + 1; token < Math.Min(density.Length, (cell + 1) * SuppressionTokens); token++)
            {
                top = density[token] > density[top] ? token : top;
            }

            tops[cell] = top;
            heights[cell] = -density[top];
        }

        int[] order = [.. Enumerable.Range(0, cells)];
        Array.Sort(heights, order);
        bool[] stays = new bool[cells];
        foreach (int cell in order)
        {
            bool isFree = (cell == 0 || !stays[cell - 1] || tops[cell] - tops[cell - 1] >= SuppressionTokens)
                && (cell == cells - 1 || !stays[cell + 1] || tops[cell + 1] - tops[cell] >= SuppressionTokens);
            if (isFree)
            {
                stays[cell] = true;
                yield return tops[cell];
            }
        }
    }

    private static (int First, int End) Grow(IndexState state, float[] density, int peak)
    {
        int document = state.UnitDocuments[state.UnitOf(peak)];
        float least = density[peak] * EdgeOfPeak;
        int first = peak;
        int last = peak;
        while (last - first + 1 < LongestSpan)
        {
            // The side that is denser grows first.
            float left = first > 0 ? density[first - 1] : 0;
            float right = last + 1 < density.Length ? density[last + 1] : 0;
            if (Math.Max(left, right) < least || Math.Max(left, right) == 0)
            {
                break;
            }

            (first, last) = left > right ? (first - 1, last) : (first, last + 1);
        }

        int firstUnit = state.UnitOf(first);
        int lastUnit = state.UnitOf(last);
        while (state.UnitDocuments[firstUnit] != document)
        {
            firstUnit++;
        }

        while (state.UnitDocuments[lastUnit] != document)
        {
            lastUnit--;
        }

        while (state.TokensOf(firstUnit, lastUnit + 1) < ShortestSpan && lastUnit + 1 < state.Units && state.UnitDocuments[lastUnit + 1] == document)
        {
            lastUnit++;
        }

        return (firstUnit, lastUnit + 1);
    }
}
