using System.Collections.Concurrent;
using System.Globalization;

namespace Winnow.Sampling.Grammars;

/// <summary>The characters of Unicode's general categories, by the names that <c>\p{…}</c> has for them.</summary>
internal static class UnicodeCategories
{
    // In the order of UnicodeCategory.
    private static readonly string[] Names =
    [
        "Lu Uppercase_Letter", "Ll Lowercase_Letter", "Lt Titlecase_Letter", "Lm Modifier_Letter", "Lo Other_Letter",
        "Mn Nonspacing_Mark", "Mc Spacing_Mark", "Me Enclosing_Mark", "Nd Decimal_Number digit", "Nl Letter_Number", "No Other_Number",
        "Zs Space_Separator", "Zl Line_Separator", "Zp Paragraph_Separator", "Cc Control cntrl", "Cf Format", "Cs Surrogate", "Co Private_Use",
        "Pc Connector_Punctuation", "Pd Dash_Punctuation", "Ps Open_Punctuation", "Pe Close_Punctuation", "Pi Initial_Punctuation",
        "Pf Final_Punctuation", "Po Other_Punctuation", "Sm Math_Symbol", "Sc Currency_Symbol", "Sk Modifier_Symbol", "So Other_Symbol", "Cn Unassigned",
    ];

    private static readonly (string Name, char Letter)[] Groups =
    [
        ("Letter", 'L'), ("Mark", 'M'), ("Combining_Mark", 'M'), ("Number", 'N'), ("Punctuation", 'P'), ("punct", 'P'), ("Symbol", 'S'), ("Separator", 'Z'), ("Other", 'C'),
    ];

    private static readonly ConcurrentDictionary<string, CodePointSet?> Known = new(StringComparer.Ordinal);

    /// <summary>A category (<c>Lu</c>, <c>Uppercase_Letter</c>, <c>gc=Lu</c>) or a group of them (<c>L</c>, <c>Letter</c>); null for any other name.</summary>
    public static CodePointSet? Find(string name)
    {
        int equals = name.IndexOf('=', StringComparison.Ordinal);
        string value = equals >= 0 && name[..equals] is "gc" or "General_Category" ? name[(equals + 1)..] : name;
        string letter = Array.Find(Groups, group => group.Name == value) is { Name: not null } named ? named.Letter.ToString() : value;
        bool[] wanted = [.. Names.Select(names => letter.Length == 1 ? names[0] == letter[0] : names.Split(' ').Contains(letter))];
        return !wanted.Contains(true) ? null : Known.GetOrAdd(letter, _ => Collect(wanted));
    }

    private static CodePointSet Collect(bool[] wanted)
    {
        List<(int, int)> ranges = [];
        int start = -1;
        for (int codePoint = 0; codePoint <= 0x110000; codePoint++)
        {
            bool isIn = codePoint < 0x110000 && wanted[(int)CharUnicodeInfo.GetUnicodeCategory(codePoint)];
            if (isIn && start < 0)
            {
                start = codePoint;
            }
            else if (!isIn && start >= 0)
            {
                ranges.Add((start, codePoint - 1));
                start = -1;
            }
        }

        return new CodePointSet(ranges);
    }
}
