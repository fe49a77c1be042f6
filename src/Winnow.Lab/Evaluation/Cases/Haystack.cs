namespace Winnow.Lab.Evaluation.Cases;

/// <summary>A text as paragraphs that cases are filled with.</summary>
internal sealed class Haystack
{
    /// <summary>Longer paragraphs are cut at sentences, so that a short case can be filled evenly.</summary>
    private const int LongestParagraph = 2_000;

    private const int LeastWords = 64;
    private readonly PromptFormat _format;
    private readonly int[] _tokens;

    /// <exception cref="EvaluationTextException">The text has nothing to fill a case with.</exception>
    public Haystack(string text, PromptFormat format)
    {
        _format = format;
        Paragraphs = [.. Split(text).Where(paragraph => !format.HasControlTokens(paragraph))];
        if (Paragraphs.Count == 0)
        {
            throw new EvaluationTextException("the text has no paragraphs to hide anything between");
        }

        _tokens = new int[Paragraphs.Count];
        Words = CollectWords(Paragraphs);
    }

    /// <summary>Paragraphs without line breaks at their ends.</summary>
    public IReadOnlyList<string> Paragraphs { get; }

    /// <summary>Lower-case words that keys are made of.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>The paragraphs in order from a random place on, beginning anew at the end of the text.</summary>
    /// <param name="random">Chooses the place.</param>
    /// <param name="except">A paragraph to leave out wherever it occurs.</param>
    public IEnumerable<FillerPiece> From(CaseRandom random, string? except = null)
    {
        for (int i = random.Next(Paragraphs.Count); ; i = (i + 1) % Paragraphs.Count)
        {
            if (_tokens[i] == 0)
            {
                _tokens[i] = _format.CountText(Paragraphs[i] + "\n\n");
            }

            if (Paragraphs[i] != except)
            {
                yield return new FillerPiece(Paragraphs[i], _tokens[i]);
            }
        }
    }

    private static IEnumerable<string> Split(string text)
    {
        foreach (string paragraph in text.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string rest = paragraph;
            while (rest.Length > LongestParagraph)
            {
                int end = rest.LastIndexOf(". ", LongestParagraph, LongestParagraph, StringComparison.Ordinal) + 1;
                end = end > 0 ? end : rest.LastIndexOfAny([' ', '\n'], LongestParagraph, LongestParagraph);
                end = end > 0 ? end : LongestParagraph - (char.IsHighSurrogate(rest[LongestParagraph - 1]) ? 1 : 0);
                yield return rest[..end].TrimEnd();
                rest = rest[end..].TrimStart();
            }

            if (rest.Length > 0)
            {
                yield return rest;
            }
        }
    }

    private static List<string> CollectWords(IReadOnlyList<string> paragraphs)
    {
        const int mostWords = 4096;
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<string> words = [];
        foreach (string paragraph in paragraphs)
        {
            // A word beside another letter or mark than a space (quotes, names, contractions) is left out.
            foreach (string candidate in paragraph.Split([' ', '\n']))
            {
                if (words.Count < mostWords && candidate.Length is >= 4 and <= 9 && candidate.All(char.IsLower) && seen.Add(candidate))
                {
                    words.Add(candidate);
                }
            }
        }

        return words.Count >= LeastWords ? words : InventWords();
    }

    /// <summary>Words of syllables, for texts of data, or in a script without case or spaces.</summary>
    private static List<string> InventWords()
    {
        List<string> words = [];
        foreach (string first in (string[])["ba", "do", "ki", "lu", "me", "no", "ra", "ti"])
        {
            foreach (string second in (string[])["lan", "mer", "nor", "sil", "tan", "ver", "dok", "rim"])
            {
                words.Add(first + second);
                words.Add(second + first);
            }
        }

        return words;
    }
}
