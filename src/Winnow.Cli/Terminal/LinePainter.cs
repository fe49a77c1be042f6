using System.Globalization;
using System.Text;

namespace Winnow.Cli.Terminal;

/// <summary>Draws a layout where the cursor stands, and next time what has changed of it.</summary>
/// <remarks>
/// All moves are relative: nobody need know where on the screen the prompt began. When the terminal becomes narrower, it wraps what stands
/// there (as all but a few do), which <see cref="Erase"/> takes into account.
/// </remarks>
internal sealed class LinePainter(TextWriter terminal)
{
    private LineLayout _painted = Nothing;

    private static LineLayout Nothing { get; } = new([], 0, 0);

    /// <summary>Draws.</summary>
    public void Paint(LineLayout layout)
    {
        StringBuilder output = new();
        int same = 0;
        while (same < layout.Rows.Count && same < _painted.Rows.Count && layout.Rows[same] == _painted.Rows[same])
        {
            same++;
        }

        int row = _painted.CursorRow;
        if (same < layout.Rows.Count || same < _painted.Rows.Count)
        {
            // From the first row that differs on, everything is drawn again; where that is below all rows, from the last one on.
            same = Math.Max(0, Math.Min(same, Math.Min(_painted.Rows.Count, layout.Rows.Count) - 1));
            Move(output, same - row);
            output.Append("\r\u001b[J").AppendJoin("\r\n", layout.Rows.Skip(same).Select(line => line.Text));
            row = layout.Rows.Count - 1;
        }

        Move(output, layout.CursorRow - row);
        output.Append('\r');
        if (layout.CursorColumn > 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\u001b[{layout.CursorColumn}C");
        }

        terminal.Write(output.ToString());
        terminal.Flush();
        _painted = layout;
    }

    /// <summary>Takes everything away; the cursor stands where the first row began.</summary>
    /// <param name="columns">Of the terminal now.</param>
    public void Erase(int columns)
    {
        StringBuilder output = new();
        int above = _painted.Rows.Take(_painted.CursorRow).Sum(row => RowsNow(row.Columns, columns));
        Move(output, -(above + (_painted.CursorColumn / columns)));
        terminal.Write(output.Append("\r\u001b[J").ToString());
        _painted = Nothing;
    }

    /// <summary>Leaves what stands there; the cursor goes to the line below.</summary>
    public void Finish()
    {
        StringBuilder output = new();
        Move(output, _painted.Rows.Count - 1 - _painted.CursorRow);
        terminal.Write(output.Append("\r\n").ToString());
        terminal.Flush();
        _painted = Nothing;
    }

    /// <summary>Whoever cleared the screen took what stood there.</summary>
    public void Forget() => _painted = Nothing;

    private static int RowsNow(int width, int columns) => Math.Max(1, (width + columns - 1) / columns);

    private static void Move(StringBuilder output, int rows)
    {
        if (rows != 0)
        {
            output.Append(CultureInfo.InvariantCulture, $"\u001b[{Math.Abs(rows)}{(rows < 0 ? 'A' : 'B')}");
        }
    }
}
