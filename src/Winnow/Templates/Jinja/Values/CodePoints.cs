namespace Winnow.Templates.Jinja.Values;

/// <summary>Python counts a text's code points where .NET counts UTF-16 units; they differ where there are surrogates.</summary>
internal static class CodePoints
{
    public static bool HasSurrogates(string text) => text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF');

    public static int Count(string text)
    {
        int count = text.Length;
        if (HasSurrogates(text))
        {
            for (int i = 0; i + 1 < text.Length; i++)
            {
                if (char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    count--;
                    i++;
                }
            }
        }

        return count;
    }

    /// <summary>The code points, each as a text of its own.</summary>
    public static IEnumerable<string> Split(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (i + 1 < text.Length && char.IsSurrogatePair(text[i], text[i + 1]))
            {
                yield return text.Substring(i++, 2);
            }
            else
            {
                yield return text[i].ToString();
            }
        }
    }

    /// <summary>The code point at an index, which counts from the end when negative; null outside of the text.</summary>
    public static string? At(string text, int index)
    {
        int count = Count(text);
        index += index < 0 ? count : 0;
        return index < 0 || index >= count ? null
            : count == text.Length ? text[index].ToString()
            : text.Substring(Offset(text, index), char.IsSurrogatePair(text, Offset(text, index)) ? 2 : 1);
    }

    /// <summary>The UTF-16 position of a code point.</summary>
    public static int Offset(string text, int index)
    {
        if (!HasSurrogates(text))
        {
            return Math.Min(index, text.Length);
        }

        int at = 0;
        for (; index > 0 && at < text.Length; index--)
        {
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        }

        return at;
    }

    /// <summary>The code-point index of a UTF-16 position.</summary>
    public static int Index(string text, int offset) => Count(text[..offset]);

    /// <summary>Orders texts by their code points.</summary>
    public static int Compare(string left, string right)
    {
        int common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        // Surrogates stand for code points above all others, but are not the highest units.
        bool leftSurrogate = char.IsSurrogate(left[common]);
        return leftSurrogate != char.IsSurrogate(right[common])
            ? (leftSurrogate ? 1 : -1)
            : left[common].CompareTo(right[common]);
    }
}
