using System.Buffers;
using System.Globalization;
using System.Text;

namespace Winnow.Cli.Output;

/// <summary>Text of files and models as a terminal may see it: what would move its cursor, set its title or turn its writing around is spelled out.</summary>
internal static class VisibleText
{
    /// <summary>The controls of C0 but tab, line feed and carriage return; delete; C1; and what changes the direction of writing.</summary>
    private static readonly SearchValues<char> Controls = SearchValues.Create(
    [
        .. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => char.IsControl(c) && c is not ('\t' or '\n' or '\r')),
        '\u061C', '\u200E', '\u200F', '\u202A', '\u202B', '\u202C', '\u202D', '\u202E', '\u2066', '\u2067', '\u2068', '\u2069',
    ]);

    /// <summary>Whether a terminal might do something else with a character than show it; line ends aside.</summary>
    public static bool IsControl(char character) => Controls.Contains(character);

    /// <summary>A control character in letters.</summary>
    public static string Spell(char character) =>
        string.Create(CultureInfo.InvariantCulture, $"\\{(character < 0x100 ? $"x{(int)character:X2}" : $"u{(int)character:X4}")}");

    /// <summary>A name or a value that must stay in its line.</summary>
    public static string OneLine(string text)
    {
        if (!text.AsSpan().ContainsAny(Controls) && text.AsSpan().IndexOfAny('\n', '\r', '\t') < 0)
        {
            return text;
        }

        StringBuilder line = new(text.Length + 16);
        foreach (char c in text)
        {
            _ = c switch
            {
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append("\\t"),
                _ => IsControl(c) ? line.Append(Spell(c)) : line.Append(c),
            };
        }

        return line.ToString();
    }
}
