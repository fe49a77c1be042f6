using System.Globalization;
using System.Text;

namespace Winnow.Console.Tests.Terminal;

/// <summary>What a terminal makes of what is written to it, for the few sequences that the chat uses; endless downwards.</summary>
internal sealed class FakeTerminal(int columns) : TextWriter
{
    private readonly List<string[]> _rows = [];
    private int _row;
    private int _column;

    public override Encoding Encoding => Encoding.UTF8;

    public int Column => Math.Min(_column, columns - 1);

    public int Row => _row;

    /// <summary>Whether something was written that no program of ours writes.</summary>
    public bool WasConfused { get; private set; }

    /// <summary>The rows, without blanks at their ends.</summary>
    public string[] Rows => [.. _rows.Select(row => string.Concat(row.Select(cell => cell ?? " ")).TrimEnd())];

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        for (int i = 0; i < value!.Length;)
        {
            int next = i + StringInfo.GetNextTextElementLength(value.AsSpan(i));
            switch (value[i])
            {
                case '\r':
                    _column = 0;
                    next = i + 1;
                    break;
                case '\n':
                    // As with ONLCR.
                    (_row, _column) = (_row + 1, 0);
                    next = i + 1;
                    break;
                case '\u001b':
                    next = Sequence(value, i);
                    break;
                default:
                    Put(value[i..next]);
                    break;
            }

            i = next;
        }
    }

    private string[] RowAt(int row)
    {
        while (_rows.Count <= row)
        {
            _rows.Add(new string[columns]);
        }

        return _rows[row];
    }

    private void Put(string cluster)
    {
        // What belongs to the character before it joins that, wherever it was written.
        int width = SlowWidth.Of(cluster);
        if (_column > 0 && (width == 0 || (RowAt(_row)[_column - 1] is { Length: > 0 } one && Joins(one, cluster)) || (_column > 1 && RowAt(_row)[_column - 2] is { } two && RowAt(_row)[_column - 1] == "" && Joins(two, cluster))))
        {
            int at = RowAt(_row)[_column - 1] == "" ? _column - 2 : _column - 1;
            RowAt(_row)[at] += cluster;
            if (SlowWidth.Of(RowAt(_row)[at]) > _column - at && _column < columns)
            {
                // The first half of a flag has become a flag.
                RowAt(_row)[_column++] = "";
            }

            return;
        }

        if (_column + width > columns)
        {
            (_row, _column) = (_row + 1, 0);
        }

        RowAt(_row)[_column] = cluster;
        for (int i = 1; i < width; i++)
        {
            RowAt(_row)[_column + i] = "";
        }

        _column += width;
    }

    private static bool Joins(string before, string after) => StringInfo.GetNextTextElementLength(before + after) == before.Length + after.Length;

    private int Sequence(string text, int start)
    {
        int end = start + 2;
        while (!char.IsAsciiLetter(text[end]))
        {
            end++;
        }

        int number = end == start + 2 ? 1 : int.Parse(text.AsSpan(start + 2, end - start - 2), CultureInfo.InvariantCulture);
        switch (text[end])
        {
            case 'A':
                WasConfused |= number > _row;
                _row = Math.Max(0, _row - number);
                break;
            case 'B':
                _row += number;
                break;
            case 'C':
                _column = Math.Min(columns - 1, Column + number);
                break;
            case 'G':
                _column = number - 1;
                break;
            case 'K':
                Array.Clear(RowAt(_row), Column, columns - Column);
                break;
            case 'J':
                Array.Clear(RowAt(_row), Column, columns - Column);
                _rows.RemoveRange(_row + 1, _rows.Count - _row - 1);
                break;
            case 'm':
                break;
            default:
                WasConfused = true;
                break;
        }

        return end + 1;
    }
}
