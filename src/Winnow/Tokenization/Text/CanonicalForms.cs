using System.Globalization;
using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>
/// Unicode's canonical forms NFD and NFC. .NET leaves text as it is where globalization is invariant, as it is in
/// trimmed and containerized applications; a tokenizer must not depend on that switch.
/// </summary>
internal static class CanonicalForms
{
    private const int HangulBase = 0xAC00;
    private const int HangulCount = 11172;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int VowelCount = 21;
    private const int TrailBase = 0x11A7;
    private const int TrailCount = 28;

    private static readonly Dictionary<int, (int First, int Second)> Decompositions = [];
    private static readonly Dictionary<(int First, int Second), int> Compositions = [];
    private static readonly Dictionary<int, int> CombiningClasses = [];

    static CanonicalForms()
    {
        foreach (Range entry in Entries(CanonicalFormsData.Decompositions))
        {
            ReadOnlySpan<char> text = CanonicalFormsData.Decompositions.AsSpan()[entry];
            int sign = text.IndexOfAny('=', '~');
            int plus = text.IndexOf('+');
            int composite = Hexadecimal(text[..sign]);
            int first = Hexadecimal(plus < 0 ? text[(sign + 1)..] : text[(sign + 1)..plus]);
            int second = plus < 0 ? 0 : Hexadecimal(text[(plus + 1)..]);
            Decompositions.Add(composite, (first, second));
            if (text[sign] == '=')
            {
                Compositions.Add((first, second), composite);
            }
        }

        foreach (Range entry in Entries(CanonicalFormsData.CombiningClasses))
        {
            ReadOnlySpan<char> text = CanonicalFormsData.CombiningClasses.AsSpan()[entry];
            int sign = text.IndexOf('=');
            int dash = text.IndexOf('-');
            int first = Hexadecimal(text[..(dash < 0 ? sign : dash)]);
            int last = dash < 0 ? first : Hexadecimal(text[(dash + 1)..sign]);
            for (int codePoint = first; codePoint <= last; codePoint++)
            {
                CombiningClasses.Add(codePoint, int.Parse(text[(sign + 1)..], CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>Appends the full canonical decomposition of one character.</summary>
    public static void Decompose(int codePoint, List<int> output)
    {
        int syllable = codePoint - HangulBase;
        if (syllable is >= 0 and < HangulCount)
        {
            output.Add(LeadBase + (syllable / (VowelCount * TrailCount)));
            output.Add(VowelBase + (syllable / TrailCount % VowelCount));
            if (syllable % TrailCount != 0)
            {
                output.Add(TrailBase + (syllable % TrailCount));
            }
        }
        else if (codePoint < 0xC0 || !Decompositions.TryGetValue(codePoint, out (int First, int Second) parts))
        {
            output.Add(codePoint);
        }
        else
        {
            Decompose(parts.First, output);
            if (parts.Second != 0)
            {
                output.Add(parts.Second);
            }
        }
    }

    /// <summary>NFD, or NFC where <paramref name="compose"/> says so.</summary>
    public static string Normalize(string text, bool compose)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('\0', '\u00BF'))
        {
            return text;
        }

        List<int> characters = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, characters);
        }

        Order(characters);
        if (compose)
        {
            Compose(characters);
        }

        StringBuilder output = new(text.Length);
        foreach (int character in characters)
        {
            output.Append(new Rune(character).ToString());
        }

        return output.ToString();
    }

    /// <summary>Sorts each run of combining marks by class, keeping the order of equals.</summary>
    private static void Order(List<int> characters)
    {
        for (int start = 0; start < characters.Count; start++)
        {
            int end = start;
            while (end < characters.Count && Class(characters[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                int[] marks = [.. characters[start..end].OrderBy(Class)];
                for (int i = 0; i < marks.Length; i++)
                {
                    characters[start + i] = marks[i];
                }
            }

            start = end;
        }
    }

    private static void Compose(List<int> characters)
    {
        int starter = -1;
        int lastClass = 0;
        int count = 0;
        for (int i = 0; i < characters.Count; i++)
        {
            int character = characters[i];
            int combiningClass = Class(character);
            bool blocked = count - 1 > starter && lastClass >= combiningClass;
            if (starter >= 0 && !blocked && TryCompose(characters[starter], character, out int composite))
            {
                characters[starter] = composite;
                continue;
            }

            if (combiningClass == 0)
            {
                starter = count;
            }

            lastClass = combiningClass;
            characters[count++] = character;
        }

        characters.RemoveRange(count, characters.Count - count);
    }

    private static bool TryCompose(int first, int second, out int composite)
    {
        if (first is >= LeadBase and < LeadBase + 19 && second is >= VowelBase and < VowelBase + VowelCount)
        {
            composite = HangulBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TrailCount);
            return true;
        }

        if (first - HangulBase is >= 0 and < HangulCount && (first - HangulBase) % TrailCount == 0
            && second is > TrailBase and < TrailBase + TrailCount)
        {
            composite = first + second - TrailBase;
            return true;
        }

        return Compositions.TryGetValue((first, second), out composite);
    }

    private static int Class(int codePoint) => codePoint < 0x300 ? 0 : CombiningClasses.GetValueOrDefault(codePoint);

    private static List<Range> Entries(string text)
    {
        List<Range> entries = [];
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i == text.Length || char.IsWhiteSpace(text[i]))
            {
                if (i > start)
                {
                    entries.Add(start..i);
                }

                start = i + 1;
            }
        }

        return entries;
    }

    private static int Hexadecimal(ReadOnlySpan<char> text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
