using System.Text;
using Winnow.Tokenization;

namespace Winnow.Retrieval;

/// <summary>Reads a text of any length piece by piece, tokenized.</summary>
internal static class TextPieces
{
    /// <summary>Characters of a piece at most: few enough that a piece always fits a block.</summary>
    private const int PieceCharacters = 16_384;

    /// <summary>The pieces of a text; together they are the text.</summary>
    public static IEnumerable<TextPiece> Read(TextReader reader, Tokenizer tokenizer)
    {
        char[] buffer = new char[PieceCharacters];
        int held = 0;
        while (true)
        {
            int read = reader.ReadBlock(buffer, held, buffer.Length - held);
            held += read;
            if (held == 0)
            {
                yield break;
            }

            int length = held < buffer.Length ? held : Cut(buffer);
            yield return Tokenize(new string(buffer, 0, length), tokenizer);
            buffer.AsSpan(length, held - length).CopyTo(buffer);
            held -= length;
        }
    }

    /// <summary>Tokenizes a piece and finds where its tokens end.</summary>
    public static TextPiece Tokenize(string text, Tokenizer tokenizer)
    {
        int[] ids = tokenizer.Encode(text);
        int[] ends = new int[ids.Length];
        long total = 0;
        foreach (int id in ids)
        {
            total += tokenizer.TokenBytes(id).Length;
        }

        int bytes = Encoding.UTF8.GetByteCount(text);
        // Some vocabularies put a space in front of a text; others change it, and then the ends are estimated in proportion.
        int added = total == bytes + 1 ? 1 : 0;
        bool isExact = total - added == bytes;
        long taken = -added;
        int character = 0;
        long characterBytes = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            taken += tokenizer.TokenBytes(ids[i]).Length;
            long target = isExact ? taken : total == 0 ? bytes : taken * bytes / total;
            while (character < text.Length)
            {
                Rune.DecodeFromUtf16(text.AsSpan(character), out Rune rune, out int consumed);
                if (characterBytes + rune.Utf8SequenceLength > target)
                {
                    break;
                }

                characterBytes += rune.Utf8SequenceLength;
                character += consumed;
            }

            ends[i] = character;
        }

        if (ends.Length > 0)
        {
            ends[^1] = text.Length;
        }

        return new TextPiece(text, ids, ends);
    }

    /// <summary>Where a full buffer is cut: behind a paragraph, a line, a word, in this order.</summary>
    private static int Cut(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> late = text[(text.Length / 2)..];
        int offset = text.Length / 2;
        foreach (string separator in (ReadOnlySpan<string>)["\n\n", "\n", " "])
        {
            int at = late.LastIndexOf(separator);
            // The space between words belongs to the second one in most vocabularies.
            if (at >= 0)
            {
                return offset + at + (separator == " " ? 0 : separator.Length);
            }
        }

        return char.IsHighSurrogate(text[^1]) ? text.Length - 1 : text.Length;
    }
}
