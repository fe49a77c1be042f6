using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Breaks whole texts between words.</summary>
internal static class TextWrap
{
    /// <summary>The lines of a text, with blanks in front of those that go on with another.</summary>
    /// <param name="text">Lines with line feeds between.</param>
    /// <param name="columns">The most columns of a line; longer words are broken.</param>
    /// <param name="indent">Blanks in front of a line that goes on.</param>
    public static IEnumerable<string> Lines(string text, int columns, int indent = 0)
    {
        indent = indent < columns / 2 ? indent : 0;
        foreach (string line in text.Split('\n'))
        {
            StringBuilder current = new();
            int column = 0;
            int blanks = 0;
            bool hasWord = false;
            foreach (string part in line.Split(' '))
            {
                string word = part;
                int width = DisplayWidth.Of(word);
                if (hasWord && column + blanks + width > columns)
                {
                    yield return current.ToString();
                    current.Clear().Append(' ', indent);
                    column = indent;
                    blanks = 0;
                }

                current.Append(' ', blanks);
                column += blanks;
                blanks = 1;
                for (int end = 0; column + width > columns && word.Length > 0; word = word[end..], width = DisplayWidth.Of(word))
                {
                    end = Fitting(word, columns - column);
                    if (end == 0)
                    {
                        break;
                    }

                    current.Append(word, 0, end);
                    yield return current.ToString();
                    current.Clear().Append(' ', indent);
                    column = indent;
                }

                current.Append(word);
                column += width;
                hasWord |= word.Length > 0;
            }

            yield return current.ToString();
        }
    }

    /// <summary>How much of a word fits.</summary>
    private static int Fitting(string word, int columns)
    {
        int end = 0;
        int taken = 0;
        while (end < word.Length)
        {
            int next = Graphemes.Next(word, end);
            int width = DisplayWidth.OfCluster(word.AsSpan(end, next - end));
            if (taken + width > columns)
            {
                break;
            }

            taken += width;
            end = next;
        }

        return end;
    }
}
