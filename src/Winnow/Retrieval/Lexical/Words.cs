namespace Winnow.Retrieval.Lexical;

/// <summary>Splits text into the words that lexical search compares: runs of letters and digits, in lower case.</summary>
internal static class Words
{
    /// <summary>Longer runs are cut: they are data, not words.</summary>
    private const int Longest = 64;

    /// <summary>Hands each word to a visitor; characters of scripts without spaces are words of their own.</summary>
    public static void Visit(ReadOnlySpan<char> text, WordVisitor visit)
    {
        Span<char> word = stackalloc char[Longest];
        int length = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            bool isPart = i < text.Length && char.IsLetterOrDigit(text[i]);
            bool isAlone = isPart && StandsAlone(text[i]);
            if (length > 0 && (!isPart || isAlone || length == Longest))
            {
                visit(word[..length]);
                length = 0;
            }

            if (isPart)
            {
                word[length++] = char.ToLowerInvariant(text[i]);
                if (isAlone)
                {
                    visit(word[..length]);
                    length = 0;
                }
            }
        }
    }

    /// <summary>Kana, ideographs and what lies between them.</summary>
    private static bool StandsAlone(char c) => c is >= '\u3040' and <= '\u9FFF' or >= '\uF900' and <= '\uFAFF';
}
