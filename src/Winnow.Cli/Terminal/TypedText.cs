using System.Text;
using Winnow.Cli.Output;

namespace Winnow.Cli.Terminal;

/// <summary>What is typed or pasted, without what would be invisible in it.</summary>
internal static class TypedText
{
    /// <summary>Line ends become line feeds; control characters are spelled out.</summary>
    public static string Clean(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\0', '\u001F') < 0 && text.AsSpan().IndexOfAnyInRange('\u007F', '\u009F') < 0)
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\r')
            {
                clean.Append('\n');
                i += i + 1 < text.Length && text[i + 1] == '\n' ? 1 : 0;
            }
            else if (char.IsControl(c) && c is not ('\n' or '\t'))
            {
                clean.Append(VisibleText.Spell(c));
            }
            else
            {
                clean.Append(c);
            }
        }

        return clean.ToString();
    }
}
