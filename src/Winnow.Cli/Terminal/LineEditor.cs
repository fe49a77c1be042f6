using System.Text;
using Winnow.Cli.Output;

namespace Winnow.Cli.Terminal;

/// <summary>Reads a message at a terminal: keys by readline's bindings, history, completion, several lines.</summary>
/// <param name="keys">Where keys come from.</param>
/// <param name="terminal">Where the message is drawn.</param>
/// <param name="history">What was typed before.</param>
/// <param name="complete">What may stand in place of what was begun, given the text up to the cursor.</param>
internal sealed class LineEditor(Func<Key> keys, TextWriter terminal, LineHistory history, Func<string, Completion> complete)
{
    private const string Prompt = "> ";
    private const string Continuation = "| ";
    private const int MostCandidates = 60;

    private readonly LinePainter _painter = new(terminal);
    private readonly LineBuffer _buffer = new();
    private string? _offered;

    /// <summary>What was asked of the editor and is none of its business: Ctrl-Z.</summary>
    public Action Suspend { get; init; } = () => { };

    /// <summary>The terminal's columns.</summary>
    public Func<int> Columns { get; init; } = () => TerminalSize.Columns;

    /// <summary>The terminal's rows.</summary>
    public Func<int> Rows { get; init; } = () => TerminalSize.Rows;

    /// <summary>Reads a message.</summary>
    /// <param name="text">What stands there at the beginning.</param>
    public LineResult Read(string text = "")
    {
        _buffer.Set(text);
        _offered = null;
        history.Rewind();
        Paint();
        for (bool isTouched = false; ; isTouched = true)
        {
            Key key = keys();
            while (key.Kind == KeyKind.Redraw)
            {
                _painter.Erase(Columns());
                Paint();
                key = keys();
            }

            if (key.Kind != KeyKind.Tab)
            {
                _offered = null;
            }

            switch (key.Kind)
            {
                case KeyKind.Enter when Submits():
                    _buffer.ToEnd();
                    Paint();
                    _painter.Finish();
                    string message = _buffer.Text;
                    history.Add(message);
                    return new LineResult(LineEnding.Message, message);
                case KeyKind.Interrupt:
                    _buffer.ToEnd();
                    Paint();
                    terminal.Write("^C");
                    _painter.Finish();
                    return new LineResult(isTouched || text.Length > 0 ? LineEnding.Interrupted : LineEnding.InterruptedAtOnce);
                case KeyKind.EndOrDelete when _buffer.Text.Length == 0:
                case KeyKind.EndOfInput:
                    _painter.Finish();
                    return new LineResult(LineEnding.EndOfInput);
                case KeyKind.Suspend:
                    _painter.Finish();
                    Suspend();
                    break;
                case KeyKind.ClearScreen:
                    terminal.Write("\u001b[H\u001b[2J");
                    _painter.Forget();
                    break;
                case KeyKind.Tab:
                    Complete();
                    break;
                case KeyKind.Search:
                    Search();
                    break;
                default:
                    Edit(key);
                    break;
            }

            Paint();
        }
    }

    /// <summary>Whether Enter ends the message; where it does not, a line does.</summary>
    private bool Submits()
    {
        string text = _buffer.Text;
        if (MessageText.IsOpen(text))
        {
            if (!MessageText.IsBlock(text))
            {
                // The backslash has done its work.
                _buffer.Replace(text.Length - 1, text.Length, "");
                _buffer.ToEnd();
            }

            _buffer.Insert("\n");
            return false;
        }

        return true;
    }

    private void Edit(Key key)
    {
        switch (key.Kind)
        {
            case KeyKind.Text or KeyKind.Paste:
                string typed = TypedText.Clean(key.Text);
                _buffer.Insert(key.Kind == KeyKind.Paste && _buffer.Text.Length == 0 ? typed.TrimEnd('\n') : typed);
                break;
            case KeyKind.NewLine or KeyKind.Enter:
                if (key.Kind == KeyKind.NewLine)
                {
                    _buffer.Insert("\n");
                }

                break;
            case KeyKind.Left:
                _buffer.Left();
                break;
            case KeyKind.Right:
                _buffer.Right();
                break;
            case KeyKind.WordLeft:
                _buffer.WordLeft();
                break;
            case KeyKind.WordRight:
                _buffer.WordRight();
                break;
            case KeyKind.Home:
                _buffer.Home();
                break;
            case KeyKind.End:
                _buffer.End();
                break;
            case KeyKind.Up when !_buffer.Up():
                Show(history.Previous(_buffer.Text));
                break;
            case KeyKind.Down when !_buffer.Down():
                Show(history.Next());
                break;
            case KeyKind.Backspace:
                _buffer.Backspace();
                break;
            case KeyKind.Delete or KeyKind.EndOrDelete:
                _buffer.Delete();
                break;
            case KeyKind.KillWord:
                _buffer.KillWord();
                break;
            case KeyKind.KillWordLeft:
                _buffer.KillWordLeft();
                break;
            case KeyKind.KillWordRight:
                _buffer.KillWordRight();
                break;
            case KeyKind.KillToStart:
                _buffer.KillToStart();
                break;
            case KeyKind.KillToEnd:
                _buffer.KillToEnd();
                break;
            case KeyKind.Yank:
                _buffer.Yank();
                break;
            case KeyKind.Transpose:
                _buffer.Transpose();
                break;
        }
    }

    private void Show(string? entry)
    {
        if (entry is not null)
        {
            _buffer.Set(entry);
        }
    }

    /// <summary>Goes as far as all candidates go; a second time, or where that is no step, shows them.</summary>
    private void Complete()
    {
        string before = _buffer.Text[.._buffer.Cursor];
        Completion completion = complete(before);
        if (completion.Candidates.Count == 0)
        {
            return;
        }

        string common = completion.Common;
        bool isStep = common.Length > before.Length - completion.Start || completion.Candidates.Count == 1;
        if (isStep && before != _offered)
        {
            _buffer.Replace(completion.Start, _buffer.Cursor, common);
            _offered = completion.Candidates.Count > 1 ? _buffer.Text[.._buffer.Cursor] : null;
            return;
        }

        _painter.Finish();
        WriteCandidates(completion.Candidates);
    }

    private void WriteCandidates(IReadOnlyList<string> candidates)
    {
        string[] shown = [.. candidates.Take(MostCandidates).Select(candidate => VisibleText.OneLine(candidate.TrimEnd()))];
        int columns = Columns();
        int width = shown.Max(name => DisplayWidth.Of(name)) + 2;
        int perRow = Math.Max(1, columns / width);
        StringBuilder output = new();
        for (int i = 0; i < shown.Length; i++)
        {
            bool endsRow = i % perRow == perRow - 1 || i == shown.Length - 1;
            output.Append(shown[i]).Append(endsRow ? "\r\n" : new string(' ', width - DisplayWidth.Of(shown[i])));
        }

        if (candidates.Count > shown.Length)
        {
            output.Append("… and ").Append(candidates.Count - shown.Length).Append(" more\r\n");
        }

        terminal.Write(output.ToString());
    }

    /// <summary>Ctrl-R: finds entries of the history while their text is typed. What ends the search is taken as a key of its own.</summary>
    private void Search()
    {
        string former = _buffer.Text;
        string sought = "";
        int found = history.Entries.Count;
        while (true)
        {
            string shown = found < history.Entries.Count && found >= 0 ? history.Entries[found] : "";
            string prompt = $"{(found < 0 ? "nothing found" : "search")} '{sought}': ";
            _painter.Paint(LineLayout.Of(shown, shown.Length, prompt, Continuation, Columns(), Rows()));
            Key key = keys();
            switch (key.Kind)
            {
                case KeyKind.Search:
                    found = history.Find(sought, found);
                    break;
                case KeyKind.Text:
                    sought += TypedText.Clean(key.Text);
                    found = history.Find(sought, Math.Max(found, 0) + 1);
                    break;
                case KeyKind.Backspace:
                    sought = sought[..Graphemes.Previous(sought, sought.Length)];
                    found = sought.Length == 0 ? history.Entries.Count : history.Find(sought, history.Entries.Count);
                    break;
                case KeyKind.Abort or KeyKind.Interrupt or KeyKind.EndOfInput:
                    _buffer.Set(former);
                    return;
                case KeyKind.Redraw:
                    _painter.Erase(Columns());
                    break;
                default:
                    _buffer.Set(shown.Length > 0 ? shown : former);
                    if (key.Kind != KeyKind.Enter)
                    {
                        Edit(key);
                    }

                    return;
            }
        }
    }

    private void Paint() => _painter.Paint(LineLayout.Of(_buffer.Text, _buffer.Cursor, Prompt, Continuation, Columns(), Rows()));
}
