using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace Winnow;

/// <summary>Unicode's full case mapping, independent of language: a letter may become several, and a final Σ is written ς.</summary>
internal static class FullCase
{
    private static readonly FrozenDictionary<int, string> UpperOf = Read(FullCaseData.Upper);
    private static readonly FrozenDictionary<int, string> TitleOf = Read(FullCaseData.Title);
    private static readonly FrozenDictionary<int, string> FoldOf = Read(FullCaseData.Fold);

    public static string Upper(string text) => IsAscii(text) ? text.ToUpperInvariant() : Map(text, Upper);

    /// <summary>The lower case of each letter by itself, as Rust's <c>char</c> has it: Σ is σ everywhere.</summary>
    public static string LowerEach(string text) => text.ToLowerInvariant().Replace("\u0130", "i\u0307", StringComparison.Ordinal);

    /// <summary>The lower case of a text, as Python's <c>str</c> has it: a Σ that ends a word is ς.</summary>
    public static string Lower(string text)
    {
        string lower = LowerEach(text);
        if (!text.Contains('Σ', StringComparison.Ordinal))
        {
            return lower;
        }

        StringBuilder result = new(lower.Length);
        int at = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int next = text[i] == '\u0130' ? 2 : 1;
            result.Append(text[i] == 'Σ' ? IsFinal(text, i) ? 'ς' : 'σ' : lower[at]);
            result.Append(lower, at + 1, next - 1);
            at += next;
        }

        return result.ToString();
    }

    /// <summary>A letter as the first of a word.</summary>
    public static string Title(Rune letter) => TitleOf.TryGetValue(letter.Value, out string? known) ? known
        : letter.Value is >= 0x10D0 and <= 0x10FF ? letter.ToString() : Upper(letter);

    public static string Upper(Rune letter) => UpperOf.TryGetValue(letter.Value, out string? known) ? known : Rune.ToUpperInvariant(letter).ToString();

    /// <summary>What texts are compared by where case does not matter: Python's <c>casefold</c>.</summary>
    public static string Fold(string text) => IsAscii(text) ? text.ToLowerInvariant() : Map(text, Fold);

    private static string Fold(Rune letter) => FoldOf.TryGetValue(letter.Value, out string? known) ? known
        : letter.Value is (>= 0x13A0 and <= 0x13FD) or (>= 0xAB70 and <= 0xABBF) ? Rune.ToUpperInvariant(letter).ToString()
        : LowerEach(letter.ToString());

    private static string Map(string text, Func<Rune, string> map)
    {
        StringBuilder result = new(text.Length + 8);
        for (int i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                result.Append(map(rune));
                i += rune.Utf16SequenceLength - 1;
            }
            else
            {
                result.Append(text[i]);
            }
        }

        return result.ToString();
    }

    /// <summary>Whether a letter stands before a place and none behind it, marks and apostrophes aside.</summary>
    private static bool IsFinal(string text, int at) => Cased(text, at, -1) && !Cased(text, at, 1);

    private static bool Cased(string text, int at, int step)
    {
        for (int i = at + step; i >= 0 && i < text.Length; i += step)
        {
            if (char.IsLowSurrogate(text[i]) && step < 0 && i > 0)
            {
                i--;
            }

            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(text, i);
            bool isPassed = category is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
                or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol || "'.:\u00B7\u2018\u2019\u2024\u2027".Contains(text[i], StringComparison.Ordinal);
            if (!isPassed)
            {
                return category is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;
            }

            i += step > 0 && char.IsHighSurrogate(text[i]) ? 1 : 0;
        }

        return false;
    }

    private static bool IsAscii(string text) => System.Text.Ascii.IsValid(text);

    private static FrozenDictionary<int, string> Read(string[] mappings) => mappings.ToFrozenDictionary(
        mapping => char.ConvertToUtf32(mapping, 0), mapping => mapping[(char.IsSurrogate(mapping[0]) ? 2 : 1)..]);
}
