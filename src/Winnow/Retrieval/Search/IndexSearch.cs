namespace Winnow.Retrieval.Search;

/// <summary>Gathers evidence for a question: the union of what features and words find, with the edges of the document.</summary>
/// <remarks>
/// S³-Hybrid (section 6 of the brief): a union of position sets, not a weighted score. Edges and words have their shares of the
/// budget; features take the rest, so that what overlaps is spent on the next best span.
/// </remarks>
internal static class IndexSearch
{
    /// <summary>Searches.</summary>
    /// <param name="state">The index.</param>
    /// <param name="question">The question.</param>
    /// <param name="features">Its features; null where there are none.</param>
    /// <param name="autoencoders">Which autoencoders take part; null for all.</param>
    /// <param name="options">Budget and shares.</param>
    public static IReadOnlyList<EvidenceSpan> Run(
        IndexState state, string question, QuestionFeatures? features, IReadOnlyList<int>? autoencoders, SearchOptions options)
    {
        int budget = options.BudgetTokens(state.Tokens);
        EvidenceSelection selection = new(state, budget);
        if (budget >= state.Tokens)
        {
            // Everything is evidence; words say what is the best of it.
            selection.TryTake(0, state.Units, EvidenceSource.None, 0, budget);
            WordSearch.Take(state, WordSearch.Score(state, question), selection, budget);
            return selection.Spans();
        }

        bool usesFeatures = features is not null && options.Bm25 < 1;
        if (state.Documents.Count == 1)
        {
            TakeEdges(state, selection, (int)(budget * options.Edges));
        }

        float[]? wordScores = options.Bm25 > 0 || !usesFeatures ? WordSearch.Score(state, question) : null;
        if (wordScores is not null)
        {
            WordSearch.Take(state, wordScores, selection, usesFeatures ? (int)(budget * options.Bm25) : selection.Remaining);
        }

        if (usesFeatures)
        {
            float[] density = Density(state, features!, autoencoders);
            FeatureSearch.Take(state, density, selection, selection.Remaining);
        }

        return selection.Spans();
    }

    /// <summary>Smoothed scores of all tokens.</summary>
    public static float[] Density(IndexState state, QuestionFeatures features, IReadOnlyList<int>? autoencoders)
    {
        float[] scores = FeatureScores.Compute(state, features, autoencoders);
        int first = 0;
        foreach (IndexedText document in state.Documents)
        {
            Smoothing.Apply(scores.AsSpan(first, document.Tokens));
            first += document.Tokens;
        }

        return scores;
    }

    private static void TakeEdges(IndexState state, EvidenceSelection selection, int allowed)
    {
        int head = allowed / 2;
        for (int unit = 0; unit < state.Units && selection.TryTake(unit, unit + 1, EvidenceSource.Edge, 0, head) is { } cost; unit++)
        {
            head -= cost;
        }

        int tail = allowed / 2;
        for (int unit = state.Units - 1; unit >= 0 && selection.TryTake(unit, unit + 1, EvidenceSource.Edge, 0, tail) is { } cost; unit--)
        {
            tail -= cost;
        }
    }
}
