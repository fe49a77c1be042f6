using System.Globalization;
using System.Text;

namespace Winnow.Templates.Jinja.Values;

/// <summary>Python's notion of white space, its string literals and its <c>repr</c> of strings.</summary>
internal static class PythonText
{
    /// <summary>The text of a string or of markup, which is one too; null for other values.</summary>
    public static string? AsString(object? value) => value switch
    {
        string text => text,
        Markup markup => markup.Text,
        _ => null,
    };

    // Python counts the four separators U+001C to U+001F as white space, .NET does not.
    public static bool IsSpace(char c) => char.IsWhiteSpace(c) || c is >= '\u001C' and <= '\u001F';

    /// <summary>The length of a text without the white space at its end.</summary>
    public static int TrimmedEnd(ReadOnlySpan<char> text)
    {
        int length = text.Length;
        while (length > 0 && IsSpace(text[length - 1]))
        {
            length--;
        }

        return length;
    }

    /// <summary>The value of a string literal, given what stands between its quotes.</summary>
    public static string Unescape(ReadOnlySpan<char> literal, int line)
    {
        if (!literal.Contains('\\'))
        {
            return literal.ToString();
        }

        StringBuilder text = new(literal.Length);
        for (int i = 0; i < literal.Length; i++)
        {
            if (literal[i] != '\\' || i + 1 == literal.Length)
            {
                text.Append(literal[i]);
                continue;
            }

            char c = literal[++i];
            int simple = "abfnrtv\\'\"".IndexOf(c, StringComparison.Ordinal);
            int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
            if (simple >= 0)
            {
                text.Append("\a\b\f\n\r\t\v\\'\""[simple]);
            }
            else if (digits > 0)
            {
                AppendCodePoint(text, literal, i + 1, digits, line);
                i += digits;
            }
            else if (c is >= '0' and <= '7')
            {
                int value = 0;
                int end = Math.Min(i + 3, literal.Length);
                for (; i < end && literal[i] is >= '0' and <= '7'; i++)
                {
                    value = (value * 8) + literal[i] - '0';
                }

                i--;
                text.Append((char)value);
            }
            else if (c == 'N')
            {
                throw new TemplateSyntaxException(line, "character names in strings are not supported");
            }
            else if (c != '\n')
            {
                text.Append('\\').Append(c);
            }
        }

        return text.ToString();
    }

    /// <summary>Appends a text as Python prints it inside of lists: in quotes, with escapes.</summary>
    public static StringBuilder Quote(StringBuilder target, string text)
    {
        char quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        target.Append(quote);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == quote || c == '\\')
            {
                target.Append('\\').Append(c);
            }
            else if (c is '\n' or '\r' or '\t')
            {
                target.Append(c switch { '\n' => "\\n", '\r' => "\\r", _ => "\\t" });
            }
            else if (c is >= ' ' and < '\u007F')
            {
                target.Append(c);
            }
            else
            {
                bool isPair = i + 1 < text.Length && char.IsSurrogatePair(c, text[i + 1]);
                AppendPrintable(target, text.AsSpan(i, isPair ? 2 : 1));
                i += isPair ? 1 : 0;
            }
        }

        return target.Append(quote);
    }

    private static void AppendPrintable(StringBuilder target, ReadOnlySpan<char> character)
    {
        int codePoint = character.Length == 2 ? char.ConvertToUtf32(character[0], character[1]) : character[0];
        if (IsPrintable(CharUnicodeInfo.GetUnicodeCategory(codePoint)))
        {
            target.Append(character);
            return;
        }

        (string prefix, int digits) = codePoint switch { < 0x100 => ("\\x", 2), < 0x10000 => ("\\u", 4), _ => ("\\U", 8) };
        target.Append(prefix).Append(codePoint.ToString("x" + digits, CultureInfo.InvariantCulture));
    }

    private static bool IsPrintable(UnicodeCategory category) => category is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
        or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.SpaceSeparator);

    private static void AppendCodePoint(StringBuilder text, ReadOnlySpan<char> literal, int start, int digits, int line)
    {
        if (start + digits > literal.Length
            || !int.TryParse(literal.Slice(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int codePoint)
            || codePoint is < 0 or > 0x10FFFF)
        {
            throw new TemplateSyntaxException(line, "a string has a malformed character escape");
        }

        _ = codePoint < 0x10000 ? text.Append((char)codePoint) : text.Append(char.ConvertFromUtf32(codePoint));
    }
}
