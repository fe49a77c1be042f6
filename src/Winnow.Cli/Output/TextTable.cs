using System.Text;

namespace Winnow.Cli.Output;

/// <summary>A Markdown table with aligned columns: text, which comes first, to the left, numbers to the right.</summary>
internal sealed class TextTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    /// <summary>How many columns are text.</summary>
    public int TextColumns { get; init; } = 1;

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(VisibleText.OneLine)]);

    public override string ToString()
    {
        int[] widths = [.. header.Select((_, column) => Math.Max(3, _rows.Max(row => row[column].Length)))];
        StringBuilder text = new();
        for (int i = 0; i < _rows.Count; i++)
        {
            AppendRow(text, _rows[i], widths);
            if (i == 0)
            {
                AppendRow(text, [.. widths.Select((width, column) => column < TextColumns ? new string('-', width) : new string('-', width - 1) + ":")], widths);
            }
        }

        return text.ToString();
    }

    private void AppendRow(StringBuilder text, string[] cells, int[] widths)
    {
        for (int column = 0; column < cells.Length; column++)
        {
            text.Append("| ").Append(column < TextColumns ? cells[column].PadRight(widths[column]) : cells[column].PadLeft(widths[column])).Append(' ');
        }

        text.Append("|\n");
    }
}
