using System.Text;

namespace Winnow.Templates.Jinja.Values;

/// <summary>Text that is safe HTML; other text is escaped when it is joined to it.</summary>
internal sealed class Markup(string text)
{
    public string Text { get; } = text;

    public override string ToString() => Text;

    /// <summary>How long a text is once it is escaped.</summary>
    public static long EscapedLength(string text)
    {
        long length = text.Length;
        for (int at = 0, next; (next = text.AsSpan(at).IndexOfAny("&<>'\"")) >= 0; at += next + 1)
        {
            length += text[at + next] switch { '&' or '\'' or '"' => 4, _ => 3 };
        }

        return length;
    }

    public static string Escape(string text)
    {
        if (text.AsSpan().IndexOfAny("&<>'\"") < 0)
        {
            return text;
        }

        StringBuilder escaped = new(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '\'' => escaped.Append("&#39;"),
                '"' => escaped.Append("&#34;"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }
}
