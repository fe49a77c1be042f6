namespace Winnow.Retrieval.Lexical;

/// <summary>Cuts a text into sentences, lines and paragraphs: the smallest pieces that are quoted as evidence.</summary>
internal static class TextUnits
{
    /// <summary>A sentence that is shorter stays with the next one: abbreviations (<c>Mr.</c>) end no unit.</summary>
    private const int ShortestSentence = 40;

    /// <summary>Longer pieces are cut between words.</summary>
    private const int Longest = 400;

    /// <summary>Finds where units begin.</summary>
    /// <param name="text">The text; its beginning is taken as the beginning of a paragraph.</param>
    /// <param name="units">Receives the offset of each unit's first character, ascending, and whether a paragraph begins there.</param>
    public static void Split(ReadOnlySpan<char> text, List<(int Start, bool BeginsParagraph)> units)
    {
        int start = 0;
        bool paragraph = true;
        int space = -1;
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsWhiteSpace(text[i]))
            {
                if (i - start >= Longest)
                {
                    int cut = space > start ? space + 1 : char.IsLowSurrogate(text[i]) ? i - 1 : i;
                    units.Add((start, paragraph));
                    (start, paragraph) = (cut, false);
                }

                continue;
            }

            space = i;
            int breaks = EndsUnit(text, start, i);
            if (breaks > 0)
            {
                // White space belongs to the unit that it ends.
                while (i + 1 < text.Length && char.IsWhiteSpace(text[i + 1]) && !IsIndent(text, i + 1))
                {
                    i++;
                }

                if (i + 1 < text.Length)
                {
                    units.Add((start, paragraph));
                    (start, paragraph) = (i + 1, breaks > 1);
                }
            }
        }

        if (start < text.Length)
        {
            units.Add((start, paragraph));
        }
    }

    /// <summary>Whether white space at an offset ends a unit (1) or a paragraph (2).</summary>
    private static int EndsUnit(ReadOnlySpan<char> text, int start, int at)
    {
        ReadOnlySpan<char> before = text[start..at].TrimEnd();
        if (before.IsEmpty)
        {
            return 0;
        }

        if (text[at] == '\n')
        {
            ReadOnlySpan<char> after = text[(at + 1)..];
            int blank = 0;
            while (blank < after.Length && after[blank] is ' ' or '\t' or '\r')
            {
                blank++;
            }

            if (blank < after.Length && after[blank] == '\n')
            {
                return 2;
            }

            // A line that ends in a mark, or is followed by an indented one, is a line of its own; others were only wrapped.
            return !char.IsLetterOrDigit(before[^1]) || blank > 0 || char.IsPunctuation(after.IsEmpty ? '.' : after[0]) ? 1 : 0;
        }

        return before.Length >= ShortestSentence && EndsSentence(before) ? 1 : 0;
    }

    private static bool EndsSentence(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> trimmed = text.TrimEnd("\"')]}*_”’»");
        return !trimmed.IsEmpty && trimmed[^1] is '.' or '!' or '?' or '…' or '。' or '！' or '？';
    }

    /// <summary>Spaces in front of a line's first word stay with that line.</summary>
    private static bool IsIndent(ReadOnlySpan<char> text, int at)
    {
        if (text[at] is not (' ' or '\t') || text[at - 1] != '\n')
        {
            return false;
        }

        ReadOnlySpan<char> rest = text[at..].TrimStart(" \t");
        return !rest.IsEmpty && rest[0] is not ('\n' or '\r');
    }
}
