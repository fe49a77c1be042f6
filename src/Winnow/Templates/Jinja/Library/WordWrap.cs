using System.Text;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>The filter <c>wordwrap</c>: each line is broken at white space, so that it is no wider than asked.</summary>
internal static class WordWrap
{
    public static object Apply(Runtime runtime, object? value, object?[] arguments)
    {
        const int DefaultWidth = 79;
        int width = Number.Index(arguments[0], DefaultWidth);
        bool breaksLongWords = arguments[1] is Missing || Runtime.IsTrue(arguments[1]);
        string lineBreak = arguments[2] is Missing or null ? "\n" : StringMethods.Text(arguments[2]);
        bool breaksAtHyphens = arguments[3] is Missing || Runtime.IsTrue(arguments[3]);
        if (width <= 0)
        {
            throw TemplateRuntimeException.Value($"invalid width {width} (must be > 0)");
        }

        List<string> lines = [];
        foreach (string line in StringSplitter.SplitLines(runtime, StringMethods.Text(value), keepEnds: false))
        {
            int before = lines.Count;
            Wrap(runtime, lines, Chunks(line, breaksAtHyphens), width, breaksLongWords);
            if (lines.Count == before)
            {
                lines.Add("");
            }
        }

        runtime.ChargeText(lines.Sum(line => (long)line.Length + lineBreak.Length));
        return string.Join(lineBreak, lines);
    }

    private static void Wrap(Runtime runtime, List<string> lines, Queue<string> chunks, int width, bool breaksLongWords)
    {
        bool isFirst = true;
        string? rest = null;
        while (rest is not null || chunks.Count > 0)
        {
            runtime.Charge(1);
            StringBuilder line = new();
            if (!isFirst && rest is null && IsSpace(chunks.Peek()))
            {
                chunks.Dequeue();
            }

            while (rest is not null || chunks.Count > 0)
            {
                string chunk = rest ?? chunks.Peek();
                if (line.Length + chunk.Length > width)
                {
                    break;
                }

                line.Append(chunk);
                Take(chunks, ref rest);
            }

            string? next = rest ?? (chunks.Count > 0 ? chunks.Peek() : null);
            if (next is not null && next.Length > width && (breaksLongWords || line.Length == 0))
            {
                int room = breaksLongWords ? width - line.Length : next.Length;
                line.Append(next, 0, room);
                Take(chunks, ref rest);
                rest = room < next.Length ? next[room..] : null;
            }

            string text = line.ToString();
            int end = PythonText.TrimmedEnd(text);
            if (text.Length > 0 && (end > 0 || isFirst))
            {
                lines.Add(text[..end]);
            }

            isFirst = false;
        }
    }

    private static void Take(Queue<string> chunks, ref string? rest)
    {
        if (rest is null)
        {
            chunks.Dequeue();
        }

        rest = null;
    }

    private static bool IsSpace(string chunk) => PythonText.IsSpace(chunk[0]);

    /// <summary>Words and the spaces between them; a word with hyphens between letters is several.</summary>
    private static Queue<string> Chunks(string line, bool breaksAtHyphens)
    {
        Queue<string> chunks = new();
        int start = 0;
        for (int i = 1; i <= line.Length; i++)
        {
            bool isBoundary = i == line.Length || PythonText.IsSpace(line[i]) != PythonText.IsSpace(line[i - 1])
                || (breaksAtHyphens && line[i - 1] == '-' && i > 2 && char.IsLetter(line[i]) && char.IsLetter(line[i - 2]) && char.IsLetter(line[i - 3]));
            if (isBoundary)
            {
                chunks.Enqueue(line[start..i]);
                start = i;
            }
        }

        return chunks;
    }
}
