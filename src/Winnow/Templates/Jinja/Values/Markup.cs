using System.Text;

namespace Winnow.Templates.Jinja.Values;

/// <summary>Text that is safe HTML; other text is escaped when it is joined to it.</summary>
internal sealed class Markup(string text)
{
    public string Text { get; } = text;

    public override string ToString() => Text;

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
