using System.Globalization;
using System.Numerics;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Syntax;

/// <summary>Cuts a template into tokens, with the white-space rules of <c>trim_blocks</c> and <c>lstrip_blocks</c>.</summary>
internal sealed class Lexer
{
    private static readonly string[] TwoCharacterOperators = ["//", "**", "==", "!=", ">=", "<="];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly Stack<char> _open = new();
    private int _position;
    private int _line = 1;

    /// <summary>Whether the text before <see cref="_position"/> ended with a line break, so that a block may strip its indentation.</summary>
    private bool _lineStarting = true;

    private Lexer(string source)
    {
        _source = source;
    }

    public static List<Token> Tokenize(string source)
    {
        source = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        Lexer lexer = new(source.EndsWith('\n') ? source[..^1] : source);
        lexer.ReadTemplate();
        return lexer._tokens;
    }

    private void ReadTemplate()
    {
        while (_position < _source.Length)
        {
            int begin = FindTag(_position);
            if (begin < 0)
            {
                Add(TokenKind.Text, _source[_position..], _line);
                AdvanceTo(_source.Length);
                break;
            }

            ReadTag(begin);
        }

        Add(TokenKind.End, "", _line);
    }

    private int FindTag(int from)
    {
        for (int i = from; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '%' or '{' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private void ReadTag(int begin)
    {
        char kind = _source[begin + 1];
        int rawBody = kind == '%' ? MatchRaw(begin) : -1;
        int inside = begin + 2;
        char sign = inside < _source.Length && _source[inside] is '-' or '+' ? _source[inside++] : ' ';
        AddText(begin, sign, isVariable: kind == '{');
        int line = _line;
        AdvanceTo(rawBody >= 0 ? rawBody : inside);
        switch (kind)
        {
            case '#':
                SkipComment(line);
                break;
            case '%' when rawBody >= 0:
                ReadRaw(line);
                break;
            case '%':
                Add(TokenKind.BlockBegin, "{%", line);
                ReadExpressionTokens(isBlock: true);
                break;
            default:
                Add(TokenKind.VariableBegin, "{{", line);
                ReadExpressionTokens(isBlock: false);
                break;
        }
    }

    /// <summary>Adds the text up to a tag, less the white space that the tag strips.</summary>
    private void AddText(int end, char sign, bool isVariable)
    {
        ReadOnlySpan<char> text = _source.AsSpan(_position, end - _position);
        if (sign == '-')
        {
            text = text[..PythonText.TrimmedEnd(text)];
        }
        else if (sign != '+' && !isVariable)
        {
            int lineStart = text.LastIndexOf('\n') + 1;
            if ((lineStart > 0 || _lineStarting) && PythonText.TrimmedEnd(text[lineStart..]) == 0)
            {
                text = text[..lineStart];
            }
        }

        if (!text.IsEmpty)
        {
            Add(TokenKind.Text, text.ToString(), _line);
        }

        AdvanceTo(end);
    }

    private void SkipComment(int line)
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new TemplateSyntaxException(line, "Missing end of comment tag");
        }

        CloseTag(end > _position ? _source[end - 1] : ' ', end + 2);
    }

    /// <summary>Moves behind a tag that ends at <paramref name="end"/>: a minus sign strips all white space, no sign one line break.</summary>
    private void CloseTag(char sign, int end)
    {
        if (sign == '-')
        {
            while (end < _source.Length && PythonText.IsSpace(_source[end]))
            {
                end++;
            }
        }
        else if (sign != '+' && end < _source.Length && _source[end] == '\n')
        {
            end++;
        }

        AdvanceTo(end);
    }

    /// <summary>Where the body of a raw block begins, if the block tag at <paramref name="begin"/> opens one; else -1.</summary>
    private int MatchRaw(int begin)
    {
        int i = begin + 2;
        if (i < _source.Length && _source[i] is '-' or '+')
        {
            i++;
        }

        i = SkipSpace(i);
        if (!Matches(i, "raw"))
        {
            return -1;
        }

        i = SkipSpace(i + 3);
        return Matches(i, "-%}") ? SkipSpace(i + 3) : Matches(i, "%}") ? i + 2 : -1;
    }

    private void ReadRaw(int line)
    {
        for (int i = _position; (i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i++)
        {
            int j = i + 2;
            char sign = j < _source.Length && _source[j] is '-' or '+' ? _source[j++] : ' ';
            j = SkipSpace(j);
            if (!Matches(j, "endraw"))
            {
                continue;
            }

            j = SkipSpace(j + 6);
            char endSign = j < _source.Length && _source[j] is '-' or '+' ? _source[j++] : ' ';
            if (Matches(j, "%}"))
            {
                AddText(i, sign, isVariable: false);
                CloseTag(endSign, j + 2);
                return;
            }
        }

        throw new TemplateSyntaxException(line, "Missing end of raw directive");
    }

    private void ReadExpressionTokens(bool isBlock)
    {
        string close = isBlock ? "%}" : "}}";
        while (true)
        {
            AdvanceTo(SkipSpace(_position));
            if (_position >= _source.Length)
            {
                // The parser knows what is missing here.
                return;
            }

            if (_open.Count == 0 && TryClose(close, isBlock))
            {
                return;
            }

            ReadExpressionToken();
        }
    }

    private bool TryClose(string close, bool isBlock)
    {
        char c = _source[_position];
        char sign = c == '-' || (c == '+' && isBlock) ? c : ' ';
        int at = sign == ' ' ? _position : _position + 1;
        if (!Matches(at, close))
        {
            return false;
        }

        Add(isBlock ? TokenKind.BlockEnd : TokenKind.VariableEnd, close, _line);
        CloseTag(!isBlock && sign == ' ' ? '+' : sign, at + 2);
        return true;
    }

    private void ReadExpressionToken()
    {
        char c = _source[_position];
        if (char.IsAsciiDigit(c))
        {
            ReadNumber();
        }
        else if (c is '\'' or '"')
        {
            ReadString(c);
        }
        else if (IsNameCharacter(_position))
        {
            ReadName();
        }
        else
        {
            ReadOperator(c);
        }
    }

    private void ReadOperator(char c)
    {
        string sign = "";
        foreach (string candidate in TwoCharacterOperators)
        {
            if (Matches(_position, candidate))
            {
                sign = candidate;
            }
        }

        if (sign.Length == 0)
        {
            sign = "+-/*%~[](){}><=.:|,;".Contains(c, StringComparison.Ordinal)
                ? c.ToString()
                : throw new TemplateSyntaxException(_line, $"unexpected char '{c}'");
        }

        if (c is '(' or '[' or '{')
        {
            _open.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        }
        else if (c is ')' or ']' or '}' && (!_open.TryPop(out char expected) || expected != c))
        {
            throw new TemplateSyntaxException(_line, $"unexpected '{c}'");
        }

        Add(TokenKind.Operator, sign, _line);
        AdvanceTo(_position + sign.Length);
    }

    private void ReadName()
    {
        int end = _position;
        while (end < _source.Length && IsNameCharacter(end))
        {
            end += char.IsHighSurrogate(_source[end]) ? 2 : 1;
        }

        Add(TokenKind.Name, _source[_position..end], _line);
        AdvanceTo(end);
    }

    private bool IsNameCharacter(int at) =>
        _source[at] == '_' || char.IsLetterOrDigit(_source, at)
        || CharUnicodeInfo.GetUnicodeCategory(_source, at) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private void ReadNumber()
    {
        int end = Digits(_position);
        int fraction = end < _source.Length && _source[end] == '.' ? Digits(end + 1) : end;
        bool isFloat = fraction > end + 1 && !(_position > 0 && _source[_position - 1] == '.');
        int mantissaEnd = isFloat ? fraction : end;
        if (mantissaEnd < _source.Length && _source[mantissaEnd] is 'e' or 'E')
        {
            int exponent = mantissaEnd + 1;
            exponent += exponent < _source.Length && _source[exponent] is '+' or '-' ? 1 : 0;
            int exponentEnd = Digits(exponent);
            if (exponentEnd > exponent)
            {
                isFloat = true;
                mantissaEnd = exponentEnd;
            }
        }

        if (isFloat)
        {
            string text = _source[_position..mantissaEnd];
            double value = double.Parse(text.Replace("_", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            _tokens.Add(new Token(TokenKind.Float, text, _line, value));
            AdvanceTo(mantissaEnd);
            return;
        }

        ReadInteger(end);
    }

    private void ReadInteger(int end)
    {
        int numberBase = 10;
        if (_source[_position] == '0')
        {
            char prefix = _position + 1 < _source.Length ? char.ToLowerInvariant(_source[_position + 1]) : ' ';
            numberBase = prefix switch { 'b' => 2, 'o' => 8, 'x' => 16, _ => 10 };
            int digits = _position + 2;
            end = numberBase == 10 ? _position : digits;
            while (end < _source.Length && (_source[end] == '_' || IsDigit(_source[end], numberBase == 10 ? 1 : numberBase)))
            {
                end++;
            }

            if (numberBase != 10 && end == digits)
            {
                (numberBase, end) = (10, _position + 1);
            }
        }

        string text = _source[_position..end];
        if (text.Length > 1000 || text.EndsWith('_'))
        {
            throw new TemplateSyntaxException(_line, "malformed number");
        }

        BigInteger value = BigInteger.Zero;
        foreach (char c in numberBase == 10 ? text : text[2..])
        {
            value = c == '_' ? value : (value * numberBase) + Convert.ToInt32(c.ToString(), 16);
        }

        _tokens.Add(new Token(TokenKind.Integer, text, _line, Number.Normalize(value)));
        AdvanceTo(end);
    }

    private static bool IsDigit(char c, int numberBase) => numberBase switch
    {
        1 => c == '0',
        2 => c is '0' or '1',
        8 => c is >= '0' and <= '7',
        _ => char.IsAsciiHexDigit(c),
    };

    private int Digits(int from)
    {
        int end = from;
        while (end < _source.Length && (char.IsAsciiDigit(_source[end]) || (_source[end] == '_' && end > from && end + 1 < _source.Length
            && char.IsAsciiDigit(_source[end + 1]) && _source[end - 1] != '_')))
        {
            end++;
        }

        return end;
    }

    private void ReadString(char quote)
    {
        int end = _position + 1;
        while (end < _source.Length && _source[end] != quote)
        {
            end += _source[end] == '\\' ? 2 : 1;
        }

        if (end >= _source.Length)
        {
            throw new TemplateSyntaxException(_line, $"unexpected char '{quote}': the string does not end");
        }

        Add(TokenKind.String, PythonText.Unescape(_source.AsSpan(_position + 1, end - _position - 1), _line), _line);
        AdvanceTo(end + 1);
    }

    private void Add(TokenKind kind, string text, int line) => _tokens.Add(new Token(kind, text, line));

    private bool Matches(int at, string text) => string.CompareOrdinal(_source, at, text, 0, text.Length) == 0;

    private int SkipSpace(int at)
    {
        while (at < _source.Length && PythonText.IsSpace(_source[at]))
        {
            at++;
        }

        return at;
    }

    private void AdvanceTo(int position)
    {
        if (position > _position)
        {
            _line += _source.AsSpan(_position, position - _position).Count('\n');
            _lineStarting = _source[position - 1] == '\n';
            _position = position;
        }
    }
}
