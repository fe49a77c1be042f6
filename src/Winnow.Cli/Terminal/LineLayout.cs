using System.Text;
using Winnow.Cli.Output;

namespace Winnow.Cli.Terminal;

/// <summary>The rows of a terminal that a message takes while it is written, or as many of them around the cursor as there is room for.</summary>
/// <param name="Rows">What each row shows, and its columns.</param>
/// <param name="CursorRow">The row of the cursor.</param>
/// <param name="CursorColumn">Its column.</param>
internal sealed record LineLayout(IReadOnlyList<(string Text, int Columns)> Rows, int CursorRow, int CursorColumn)
{
    private const int TabStop = 4;

    /// <summary>Lays a text out.</summary>
    /// <param name="text">Lines with line feeds between.</param>
    /// <param name="cursor">An index into the text.</param>
    /// <param name="prompt">Stands in front of the first line.</param>
    /// <param name="continuation">Stands in front of each further line.</param>
    /// <param name="columns">Of the terminal.</param>
    /// <param name="most">The most rows.</param>
    public static LineLayout Of(string text, int cursor, string prompt, string continuation, int columns, int most)
    {
        List<(string Text, int Columns)> rows = [];
        int start = text.AsSpan(0, cursor).LastIndexOf('\n') + 1;
        int end = EndOf(text, start);
        (int cursorRow, int cursorColumn) = AddLine(rows, text.AsSpan(start, end - start), cursor - start, start == 0 ? prompt : continuation, columns);

        // Lines that cannot be seen are not laid out: a text may have thousands.
        for (int above = start; above > 0 && cursorRow < most;)
        {
            int lineEnd = above - 1;
            above = text.AsSpan(0, lineEnd).LastIndexOf('\n') + 1;
            List<(string, int)> line = [];
            AddLine(line, text.AsSpan(above, lineEnd - above), -1, above == 0 ? prompt : continuation, columns);
            rows.InsertRange(0, line);
            cursorRow += line.Count;
        }

        for (int below = end; below < text.Length && rows.Count < cursorRow + most;)
        {
            int lineStart = below + 1;
            below = EndOf(text, lineStart);
            AddLine(rows, text.AsSpan(lineStart, below - lineStart), -1, continuation, columns);
        }

        int first = Math.Max(0, cursorRow - most + 1);
        return new LineLayout(rows.GetRange(first, Math.Min(most, rows.Count - first)), cursorRow - first, cursorColumn);
    }

    private static int EndOf(string text, int start) => text.IndexOf('\n', start) is >= 0 and int end ? end : text.Length;

    /// <summary>Adds the rows of a line; where the cursor is, if it is in this line.</summary>
    private static (int Row, int Column) AddLine(List<(string Text, int Columns)> rows, ReadOnlySpan<char> line, int cursor, string prompt, int columns)
    {
        StringBuilder row = new(prompt);
        int column = DisplayWidth.Of(prompt);
        (int Row, int Column) place = (rows.Count, column);
        for (int i = 0; i < line.Length;)
        {
            int next = Graphemes.Next(line, i);
            ReadOnlySpan<char> cluster = line[i..next];
            string? shown = cluster is ['\t'] ? new string(' ', TabStop - (column % TabStop)) : VisibleText.IsControl(cluster[0]) ? VisibleText.OneLine(cluster.ToString()) : null;
            int width = shown?.Length ?? DisplayWidth.OfCluster(cluster);
            if (column + width > columns && column > 0)
            {
                rows.Add((row.ToString(), column));
                row.Clear();
                column = 0;
            }

            if (i == cursor)
            {
                place = (rows.Count, column);
            }

            _ = shown is null ? row.Append(cluster) : row.Append(shown);
            column += width;
            i = next;
        }

        rows.Add((row.ToString(), column));
        if (cursor == line.Length)
        {
            if (column >= columns)
            {
                rows.Add(("", 0));
                column = 0;
            }

            place = (rows.Count - 1, column);
        }

        return place;
    }
}
