using System.Globalization;
using System.Text;
using Winnow.Cli.Output;

namespace Winnow.Cli.Terminal;

/// <summary>Writes text that comes in pieces, with line breaks between words: a word that turns out too long for its line is taken to the next.</summary>
/// <remarks>
/// Nothing is held back: what is known of a word is shown at once. A word that is longer than a line is broken where the line ends, and so
/// are the lines of a fenced code block, whose blanks count. Chinese and Japanese break between characters, but not in front of closing
/// punctuation. Control characters are spelled out.
/// </remarks>
/// <param name="terminal">The terminal.</param>
/// <param name="columns">Its columns, which may change.</param>
internal sealed class WordWrapWriter(TextWriter terminal, Func<int> columns)
{
    private const string Fence = "```";
    private const int TabStop = 4;
    private const string ClosingPunctuation = "、。，．！？：；）」』】〉》〕｝”’%,.!?:;)]}";
    private const int Joiner = 0x200D;

    private readonly StringBuilder _output = new();

    /// <summary>The word that the next character may go on with, and where it begins.</summary>
    private readonly StringBuilder _word = new();
    private int _wordColumn;
    private int _column;
    private int _known;

    /// <summary>How the line begins, to know a fence.</summary>
    private readonly StringBuilder _start = new();
    private bool _isCode;

    /// <summary>White space at the end of a full line: the next word begins a new one.</summary>
    private bool _breaks;
    private bool _hasReturn;
    private bool _joins;

    /// <summary>Whether the cursor stands behind something.</summary>
    public bool IsWithinLine => _column > 0 || _breaks;

    /// <summary>Writes a piece of text.</summary>
    public void Write(string text)
    {
        Adapt();
        foreach (Rune rune in text.EnumerateRunes())
        {
            Take(rune);
        }

        terminal.Write(_output.ToString());
        terminal.Flush();
        _output.Clear();
    }

    /// <summary>Ends the line, if something stands in it.</summary>
    public void EndLine()
    {
        if (IsWithinLine)
        {
            Write("\n");
        }
    }

    private void Adapt()
    {
        int now = columns();
        if (now < _known && _column > now)
        {
            // The terminal has wrapped the line; of the word only the rest can be taken along.
            _column %= now;
            _wordColumn = _column;
            _word.Clear();
        }

        _known = now;
    }

    private void Take(Rune rune)
    {
        if (_hasReturn)
        {
            _hasReturn = false;
            if (rune.Value != '\n')
            {
                AddText("\\r");
            }
        }

        switch (rune.Value)
        {
            case '\r':
                _hasReturn = true;
                break;
            case '\n':
                EndOfLine();
                break;
            case '\t':
                AddBlank(TabStop - (_column % TabStop));
                break;
            case ' ':
                AddBlank(1);
                break;
            case < char.MaxValue when VisibleText.IsControl((char)rune.Value):
                AddText(VisibleText.Spell((char)rune.Value));
                break;
            default:
                Add(rune);
                break;
        }
    }

    private void AddText(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            Add(rune);
        }
    }

    private void EndOfLine()
    {
        if (_start.ToString().StartsWith(Fence, StringComparison.Ordinal))
        {
            _isCode = !_isCode;
        }

        _start.Clear();
        Break();
        _joins = false;
    }

    private void Break()
    {
        _output.Append('\n');
        _column = 0;
        _breaks = false;
        BeginWord();
    }

    private void BeginWord()
    {
        _word.Clear();
        _wordColumn = _column;
    }

    private void AddBlank(int count)
    {
        if (_start.Length > 0)
        {
            Note(" ");
        }

        _joins = false;
        for (; count > 0 && !_breaks; count--)
        {
            if (_column >= _known)
            {
                if (!_isCode)
                {
                    _breaks = true;
                    break;
                }

                Break();
            }

            _output.Append(' ');
            _column++;
        }

        BeginWord();
    }

    private void Note(string text)
    {
        if (_start.Length < Fence.Length)
        {
            _start.Append(text);
        }
    }

    private void Add(Rune rune)
    {
        string text = rune.ToString();
        Note(text);
        if (_breaks)
        {
            Break();
        }

        bool extends = _joins || DisplayWidth.IsExtension(rune) || IsFlagPair(rune);
        if (!extends && (_isCode || BeginsWord(rune)))
        {
            BeginWord();
        }

        _joins = rune.Value == Joiner;
        _word.Append(text);
        int width = DisplayWidth.Of(_word.ToString());
        if (_wordColumn + width <= _known)
        {
            _output.Append(text);
            _column = _wordColumn + width;
        }
        else if (_wordColumn > 0 && width <= _known)
        {
            // The word goes to the next line, whole.
            TakeAlong(_word.ToString(), _wordColumn, isShown: _word.Length > text.Length);
        }
        else
        {
            // A long word is broken here, but not within a character.
            string word = _word.ToString();
            int last = Graphemes.Previous(word, word.Length);
            TakeAlong(word[last..], _wordColumn + DisplayWidth.Of(word.AsSpan(0, last)), isShown: word.Length - last > text.Length);
        }
    }

    /// <summary>Takes the end of the line to the next one.</summary>
    private void TakeAlong(string end, int column, bool isShown)
    {
        if (isShown)
        {
            _output.Append(CultureInfo.InvariantCulture, $"\u001b[{column + 1}G\u001b[K");
        }

        Break();
        _word.Append(end);
        _output.Append(end);
        _column = Math.Min(DisplayWidth.Of(end), _known);
    }

    /// <summary>Whether a line may be broken in front of a character.</summary>
    private bool BeginsWord(Rune rune)
    {
        if (_word.Length == 0 || ClosingPunctuation.Contains(rune.ToString(), StringComparison.Ordinal))
        {
            return false;
        }

        return DisplayWidth.IsWide(rune) || EndsWide(_word);
    }

    private static bool EndsWide(StringBuilder word)
    {
        string text = word.ToString();
        ReadOnlySpan<char> last = text.AsSpan(Graphemes.Previous(text, text.Length));
        return DisplayWidth.OfCluster(last) > 1;
    }

    /// <summary>Whether a regional indicator is the second of a flag.</summary>
    private bool IsFlagPair(Rune rune)
    {
        if (!IsRegional(rune))
        {
            return false;
        }

        int before = 0;
        foreach (Rune of in _word.ToString().EnumerateRunes())
        {
            before = IsRegional(of) ? before + 1 : 0;
        }

        return before % 2 == 1;
    }

    private static bool IsRegional(Rune rune) => rune.Value is >= 0x1F1E6 and <= 0x1F1FF;
}
