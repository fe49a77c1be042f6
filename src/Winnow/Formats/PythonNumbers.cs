using System.Buffers;

namespace Winnow.Formats;

/// <summary>The words NaN, Infinity and -Infinity, which Python writes into JSON and JSON does not have.</summary>
internal static class PythonNumbers
{
    private static ReadOnlySpan<byte> Absent => "null"u8;

    /// <summary>The text with null in place of each: who needs a number there says so.</summary>
    public static ReadOnlyMemory<byte> Remove(ReadOnlyMemory<byte> text)
    {
        ReadOnlySpan<byte> rest = text.Span;
        if (rest.IndexOf("NaN"u8) < 0 && rest.IndexOf("Infinity"u8) < 0)
        {
            return text;
        }

        ArrayBufferWriter<byte> result = new(rest.Length + 64);
        while (!rest.IsEmpty)
        {
            int length = rest[0] == '"' ? LengthOfText(rest) : LengthOfWord(rest);
            if (length > 0)
            {
                bool isText = rest[0] == '"';
                result.Write(isText ? rest[..length] : Absent);
            }
            else
            {
                length = 1;
                result.Write(rest[..1]);
            }

            rest = rest[length..];
        }

        return result.WrittenMemory;
    }

    private static int LengthOfWord(ReadOnlySpan<byte> text) =>
        text.StartsWith("NaN"u8) ? 3
        : text.StartsWith("Infinity"u8) ? 8
        : text.StartsWith("-Infinity"u8) ? 9
        : 0;

    /// <summary>Bytes up to and with the closing quotation mark.</summary>
    private static int LengthOfText(ReadOnlySpan<byte> text)
    {
        int at = 1;
        while (at < text.Length && text[at] != '"')
        {
            at += text[at] == '\\' ? 2 : 1;
        }

        return Math.Min(at + 1, text.Length);
    }
}
