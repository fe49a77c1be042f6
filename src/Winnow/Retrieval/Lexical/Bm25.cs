namespace Winnow.Retrieval.Lexical;

/// <summary>Okapi BM25: how well a passage answers to the words of a question.</summary>
/// <remarks>
/// Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, with the inverse document frequency
/// ln(1 + (N − n + ½) / (n + ½)), which is never negative.
/// </remarks>
internal static class Bm25
{
    private const double K1 = 1.2;
    private const double B = 0.75;

    /// <summary>The weight of a word that occurs in <paramref name="passagesWithWord"/> of <paramref name="passages"/>.</summary>
    public static double InverseDocumentFrequency(long passages, long passagesWithWord) =>
        Math.Log(1 + ((passages - passagesWithWord + 0.5) / (passagesWithWord + 0.5)));

    /// <summary>What the occurrences of a word in one passage are worth, to be multiplied with the word's weight.</summary>
    /// <param name="occurrences">How often it occurs there.</param>
    /// <param name="length">Words of the passage.</param>
    /// <param name="meanLength">Words of a passage on average.</param>
    public static double Saturation(int occurrences, int length, double meanLength) =>
        occurrences * (K1 + 1) / (occurrences + (K1 * (1 - B + (B * length / meanLength))));
}
