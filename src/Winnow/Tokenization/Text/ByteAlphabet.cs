using System.Text;

namespace Winnow.Tokenization.Text;

/// <summary>
/// The printable alphabet in which byte-level vocabularies write bytes (GPT-2): printable Latin-1 stands for itself, the
/// other 68 bytes are U+0100 onwards, so that a space is Ġ and a line feed Ċ.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly short[] ByteOfCharacter = Build();

    /// <summary>Turns a token's text into the bytes it stands for.</summary>
    /// <returns>False where the text has a character that is none of the alphabet.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] >= ByteOfCharacter.Length || ByteOfCharacter[text[i]] < 0)
            {
                return false;
            }

            bytes[i] = (byte)ByteOfCharacter[text[i]];
        }

        return true;
    }

    /// <summary>The bytes of a token's text; characters outside the alphabet stand for their UTF-8.</summary>
    public static byte[] Decode(string text)
    {
        byte[] bytes = new byte[text.Length];
        if (TryDecode(text, bytes))
        {
            return bytes;
        }

        List<byte> mixed = new(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.Value < ByteOfCharacter.Length && ByteOfCharacter[rune.Value] >= 0)
            {
                mixed.Add((byte)ByteOfCharacter[rune.Value]);
            }
            else
            {
                mixed.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
            }
        }

        return [.. mixed];
    }

    private static short[] Build()
    {
        short[] table = new short[256 + 68];
        Array.Fill(table, (short)-1);
        int next = 256;
        for (short b = 0; b < 256; b++)
        {
            bool printable = b is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            table[printable ? b : next++] = b;
        }

        return table;
    }
}
