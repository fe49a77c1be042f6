using System.Globalization;
using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Where the characters that a person sees begin and end: grapheme clusters.</summary>
internal static class Graphemes
{
    /// <summary>A cluster that is longer is cut: nobody sees it as one.</summary>
    private const int Farthest = 512;

    /// <summary>The end of the cluster that begins at an index.</summary>
    public static int Next(ReadOnlySpan<char> text, int index) =>
        index >= text.Length ? text.Length : index + StringInfo.GetNextTextElementLength(text[index..Math.Min(text.Length, index + Farthest)]);

    /// <summary>The beginning of the cluster that ends at an index.</summary>
    public static int Previous(ReadOnlySpan<char> text, int index)
    {
        if (index <= 0)
        {
            return 0;
        }

        // Clusters are found forwards: from a place nearby where one certainly begins, in front of an ASCII character.
        int start = index - 1;
        while (start > 0 && index - start < Farthest && !(char.IsAscii(text[start]) && text[start] != '\n'))
        {
            start--;
        }

        int previous = start;
        for (int next = start; next < index; next = Next(text, next))
        {
            previous = next;
        }

        return previous;
    }

    /// <summary>Whether the cluster at an index is part of a word.</summary>
    public static bool IsWord(ReadOnlySpan<char> text, int index) =>
        Rune.DecodeFromUtf16(text[index..], out Rune rune, out _) == System.Buffers.OperationStatus.Done && Rune.IsLetterOrDigit(rune);
}
