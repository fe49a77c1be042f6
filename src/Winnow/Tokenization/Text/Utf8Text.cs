using System.Text;
using System.Text.Unicode;
using Winnow.Tokenization.Models;

namespace Winnow.Tokenization.Text;

/// <summary>UTF-8 as the models of this folder need it.</summary>
internal static class Utf8Text
{
    /// <summary>The mark that SentencePiece writes for a space.</summary>
    public const char SpaceMark = '\u2581';

    /// <summary>The longest text whose UTF-8 fits into one array, whatever it holds.</summary>
    private static readonly int MaxLength = Array.MaxLength / 3;

    /// <summary>How many bytes a character has whose first byte is <paramref name="first"/>.</summary>
    public static int Length(byte first) => first switch { < 0xC0 => 1, < 0xE0 => 2, < 0xF0 => 3, _ => 4 };

    /// <summary>Writes a text into a buffer that grows as needed.</summary>
    /// <returns>The bytes.</returns>
    /// <exception cref="WinnowException">The text is too long.</exception>
    public static ReadOnlySpan<byte> Encode(ReadOnlySpan<char> text, ref byte[] buffer)
    {
        if (buffer.Length < 3L * text.Length)
        {
            buffer = new byte[text.Length <= MaxLength ? 3 * text.Length : throw new WinnowException(
                $"a text of {text.Length} characters is too long; at most {MaxLength} can be encoded at once")];
        }

        Utf8.FromUtf16(text, buffer, out _, out int written);
        return buffer.AsSpan(0, written);
    }

    /// <summary>Whether no entry of a vocabulary crosses the border between two words, which a ▁ after something else marks.</summary>
    public static bool WordsAreApart(ByteStringTable pieces)
    {
        for (int i = 0; i < pieces.Count; i++)
        {
            ReadOnlySpan<byte> piece = pieces[i];
            if (pieces.Find(piece) >= 0 && WordLength(piece) < piece.Length)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>How many bytes the first word has, with the ▁ that it begins with.</summary>
    public static int WordLength(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> mark = "▁"u8;
        int length = 0;
        while (text[length..].StartsWith(mark))
        {
            length += mark.Length;
        }

        int next = text[length..].IndexOf(mark);
        return next < 0 ? text.Length : length + next;
    }

    /// <summary>The text with every unpaired surrogate replaced by U+FFFD.</summary>
    public static ReadOnlyMemory<char> WellFormed(ReadOnlyMemory<char> text)
    {
        if (text.Span.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            return text;
        }

        StringBuilder? repaired = null;
        ReadOnlySpan<char> rest = text.Span;
        while (rest.Length > 0)
        {
            bool valid = Rune.DecodeFromUtf16(rest, out Rune rune, out int consumed) == System.Buffers.OperationStatus.Done;
            if (!valid)
            {
                repaired ??= new StringBuilder().Append(text.Span[..^rest.Length]);
            }

            repaired?.Append(rune.ToString());
            rest = rest[consumed..];
        }

        return repaired is null ? text : repaired.ToString().AsMemory();
    }
}
