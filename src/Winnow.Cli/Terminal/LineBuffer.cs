namespace Winnow.Cli.Terminal;

/// <summary>A message while it is written: its text, the cursor between two grapheme clusters, and what was killed.</summary>
internal sealed class LineBuffer
{
    private string _killed = "";
    private bool _kills;

    /// <summary>The text; lines end with a line feed.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Where the next character goes, as an index into <see cref="Text"/>.</summary>
    public int Cursor { get; private set; }

    private int LineStart => Text.AsSpan(0, Cursor).LastIndexOf('\n') + 1;

    private int LineEnd => Text.IndexOf('\n', Cursor) is >= 0 and int end ? end : Text.Length;

    /// <summary>Replaces everything; the cursor goes to the end.</summary>
    public void Set(string text)
    {
        _kills = false;
        Text = text;
        Cursor = text.Length;
    }

    /// <summary>Replaces a part; the cursor goes behind it.</summary>
    public void Replace(int start, int end, string text)
    {
        _kills = false;
        Text = string.Concat(Text.AsSpan(0, start), text, Text.AsSpan(end));

        // What comes in may join what stands there: the cursor is never within a cluster.
        Cursor = start + text.Length;
        if (Cursor < Text.Length && Graphemes.Previous(Text, Graphemes.Next(Text, Cursor)) < Cursor)
        {
            Cursor = Graphemes.Next(Text, Graphemes.Previous(Text, Cursor));
        }
    }

    /// <summary>Puts text in at the cursor.</summary>
    public void Insert(string text) => Replace(Cursor, Cursor, text);

    public void Left() => MoveTo(Graphemes.Previous(Text, Cursor));

    public void Right() => MoveTo(Graphemes.Next(Text, Cursor));

    public void WordLeft() => MoveTo(WordStart());

    public void WordRight() => MoveTo(WordEnd());

    /// <summary>To the start of the line.</summary>
    public void Home() => MoveTo(LineStart);

    /// <summary>To the end of the line.</summary>
    public void End() => MoveTo(LineEnd);

    /// <summary>To the end of the text.</summary>
    public void ToEnd() => MoveTo(Text.Length);

    /// <summary>To the line above.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Up()
    {
        int start = LineStart;
        if (start == 0)
        {
            return false;
        }

        int column = DisplayWidth.Of(Text.AsSpan(start, Cursor - start));
        MoveTo(start - 1);
        MoveToColumn(LineStart, column);
        return true;
    }

    /// <summary>To the line below.</summary>
    /// <returns>Whether there is one.</returns>
    public bool Down()
    {
        int start = LineStart;
        int end = LineEnd;
        if (end == Text.Length)
        {
            return false;
        }

        MoveToColumn(end + 1, DisplayWidth.Of(Text.AsSpan(start, Cursor - start)));
        return true;
    }

    public void Backspace() => Replace(Graphemes.Previous(Text, Cursor), Cursor, "");

    public void Delete() => Replace(Cursor, Graphemes.Next(Text, Cursor), "");

    /// <summary>Kills to the end of the line; at its end the line end itself.</summary>
    public void KillToEnd() => Kill(Cursor, LineEnd == Cursor ? Math.Min(Cursor + 1, Text.Length) : LineEnd);

    /// <summary>Kills from the start of the line; at its start the line end in front of it.</summary>
    public void KillToStart() => Kill(LineStart == Cursor ? Math.Max(Cursor - 1, 0) : LineStart, Cursor);

    /// <summary>Kills back to white space.</summary>
    public void KillWord()
    {
        int start = Cursor;
        while (start > 0 && char.IsWhiteSpace(Text[start - 1]))
        {
            start--;
        }

        while (start > 0 && !char.IsWhiteSpace(Text[start - 1]))
        {
            start--;
        }

        Kill(start, Cursor);
    }

    public void KillWordLeft() => Kill(WordStart(), Cursor);

    public void KillWordRight() => Kill(Cursor, WordEnd());

    /// <summary>Puts in what was killed last.</summary>
    public void Yank() => Insert(_killed);

    /// <summary>Exchanges the clusters before and behind the cursor, at the end of a line the last two.</summary>
    public void Transpose()
    {
        int middle = Cursor == LineEnd ? Graphemes.Previous(Text, Cursor) : Cursor;
        int start = Graphemes.Previous(Text, middle);
        int end = Graphemes.Next(Text, middle);
        if (middle > LineStart && middle < LineEnd)
        {
            Replace(start, end, string.Concat(Text.AsSpan(middle, end - middle), Text.AsSpan(start, middle - start)));
        }
    }

    private void MoveTo(int index)
    {
        _kills = false;
        Cursor = index;
    }

    private void MoveToColumn(int lineStart, int column)
    {
        MoveTo(lineStart);
        for (int end = LineEnd; Cursor < end && column > 0; Cursor = Graphemes.Next(Text, Cursor))
        {
            column -= DisplayWidth.OfCluster(Text.AsSpan(Cursor, Graphemes.Next(Text, Cursor) - Cursor));
        }
    }

    private int WordStart()
    {
        int at = Cursor;
        for (int before = Graphemes.Previous(Text, at); at > 0 && !Graphemes.IsWord(Text, before); before = Graphemes.Previous(Text, at))
        {
            at = before;
        }

        for (int before = Graphemes.Previous(Text, at); at > 0 && Graphemes.IsWord(Text, before); before = Graphemes.Previous(Text, at))
        {
            at = before;
        }

        return at;
    }

    private int WordEnd()
    {
        int at = Cursor;
        while (at < Text.Length && !Graphemes.IsWord(Text, at))
        {
            at = Graphemes.Next(Text, at);
        }

        while (at < Text.Length && Graphemes.IsWord(Text, at))
        {
            at = Graphemes.Next(Text, at);
        }

        return at;
    }

    /// <summary>Takes a part out; what several keys in a row kill comes back as one.</summary>
    private void Kill(int start, int end)
    {
        if (start == end)
        {
            return;
        }

        string part = Text[start..end];
        _killed = !_kills ? part : start < Cursor ? part + _killed : _killed + part;
        Replace(start, end, "");
        _kills = true;
    }
}
