using System.Globalization;
using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>BERT's clean-up of text: control characters out, Chinese characters apart, accents off, lower case.</summary>
internal sealed record BertNormalizer
{
    /// <summary>Whether control characters are dropped and all white space becomes spaces.</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Whether each Chinese character becomes a word.</summary>
    public bool SeparateChinese { get; init; } = true;

    /// <summary>Whether letters become lower case.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>Whether combining marks are dropped, after characters were decomposed.</summary>
    public bool StripAccents { get; init; } = true;

    /// <summary>
    /// Whether only the first character of a decomposition is kept, as llama.cpp does; the marks would be dropped
    /// anyway, but a Hangul syllable loses its vowel.
    /// </summary>
    public bool FirstOfDecomposition { get; init; }

    public string Apply(string text)
    {
        StringBuilder output = new(text.Length + 16);
        List<int> decomposed = [];
        foreach (Rune rune in text.EnumerateRunes())
        {
            decomposed.Clear();
            if (StripAccents)
            {
                CanonicalForms.Decompose(rune.Value, decomposed);
                if (FirstOfDecomposition)
                {
                    decomposed.RemoveRange(1, decomposed.Count - 1);
                }
            }
            else
            {
                decomposed.Add(rune.Value);
            }

            foreach (int codePoint in decomposed)
            {
                Append(new Rune(codePoint), output);
            }
        }

        return output.ToString();
    }

    private void Append(Rune rune, StringBuilder output)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        if (CleanText)
        {
            if (Rune.IsWhiteSpace(rune))
            {
                output.Append(' ');
                return;
            }

            if (rune.Value is 0 or 0xFFFD || category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse)
            {
                return;
            }
        }

        bool isMark = category is UnicodeCategory.NonSpacingMark
            || (FirstOfDecomposition && category is UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark);
        if (StripAccents && isMark)
        {
            return;
        }

        bool separate = SeparateChinese && IsChinese(rune.Value);
        string character = Lowercase ? FullCase.LowerEach(rune.ToString()) : rune.ToString();
        output.Append(separate ? $" {character} " : character);
    }

    // The blocks that BERT's reference lists, with its later implementations' slip in the last but two (2B920 for 2B820).
    private static bool IsChinese(int codePoint) => codePoint is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF)
        or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF)
        or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
