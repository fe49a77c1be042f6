using System.Text;
using Winnow.Tokenization.Text;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>
/// Translates the expressions of tokenizer.json, which are written for Oniguruma, into .NET's: possessive quantifiers,
/// <c>\p{Han}</c>, intersection of classes, <c>^</c> and <c>$</c> at lines, characters beyond the Basic Multilingual Plane.
/// </summary>
internal sealed class OnigurumaPattern
{
    private const string HanRanges = @"\u2E80-\u2FD5\u3005\u3007\u3021-\u3029\u3038-\u303B\u3400-\u4DBF\u4E00-\u9FFF\uF900-\uFAD9";

    private readonly string _pattern;
    private readonly StringBuilder _output = new();
    private readonly Stack<int> _groups = new();
    private int _position;

    private OnigurumaPattern(string pattern)
    {
        _pattern = pattern;
    }

    /// <summary>Translates an expression.</summary>
    /// <exception cref="ArgumentException">It has something that is not supported; the message says what.</exception>
    public static string Translate(string pattern) => new OnigurumaPattern(pattern).Run();

    private string Run()
    {
        int atom = -1;
        while (_position < _pattern.Length)
        {
            int start = _output.Length;
            char c = _pattern[_position];
            switch (c)
            {
                case '(':
                    _groups.Push(start);
                    _output.Append(c);
                    _position++;
                    CopyGroupHead();
                    atom = -1;
                    break;
                case ')':
                    atom = _groups.Count > 0 ? _groups.Pop() : throw new ArgumentException("a ')' without '('");
                    _output.Append(c);
                    _position++;
                    break;
                case '[':
                    Class();
                    atom = start;
                    break;
                case '?' or '*' or '+':
                    Quantifier(atom);
                    break;
                case '^':
                    _output.Append("(?<=\\A|\\n)");
                    _position++;
                    break;
                case '$':
                    _output.Append("(?=\\n|\\z)");
                    _position++;
                    break;
                case '\\':
                    Escape(inClass: false);
                    atom = start;
                    break;
                default:
                    Literal();
                    atom = c == '|' ? -1 : c is '{' or '}' ? atom : start;
                    break;
            }

            if (c == '{')
            {
                // A counted repetition is the same in both; its digits are no atoms.
                while (_position < _pattern.Length && _pattern[_position - 1] != '}')
                {
                    _output.Append(_pattern[_position++]);
                }
            }
        }

        return _output.ToString();
    }

    /// <summary>Copies what makes a group special: <c>?:</c>, <c>?i:</c>, <c>?!</c>, <c>?&lt;=</c> and their like.</summary>
    private void CopyGroupHead()
    {
        if (_position >= _pattern.Length || _pattern[_position] != '?')
        {
            return;
        }

        do
        {
            _output.Append(_pattern[_position++]);
        }
        while (_position < _pattern.Length && (_pattern[_position] is '<' or '-' || char.IsAsciiLetter(_pattern[_position])));
        if (_position < _pattern.Length && _pattern[_position] is ':' or '=' or '!' or '>')
        {
            _output.Append(_pattern[_position++]);
        }
    }

    private void Quantifier(int atom)
    {
        _output.Append(_pattern[_position++]);
        if (_position < _pattern.Length && _pattern[_position] == '+')
        {
            if (atom < 0)
            {
                throw new ArgumentException("a quantifier without anything to repeat");
            }

            _output.Insert(atom, "(?>").Append(')');
            _position++;
        }
        else if (_position < _pattern.Length && _pattern[_position] == '?')
        {
            _output.Append(_pattern[_position++]);
        }
    }

    private void Class()
    {
        _output.Append('[');
        _position++;
        if (_position < _pattern.Length && _pattern[_position] == '^')
        {
            _output.Append('^');
            _position++;
        }

        for (bool first = true; ; first = false)
        {
            if (_position >= _pattern.Length)
            {
                throw new ArgumentException("a '[' without ']'");
            }

            char c = _pattern[_position];
            if (c == ']' && !first)
            {
                _output.Append(c);
                _position++;
                return;
            }

            if (c == '[')
            {
                throw new ArgumentException("a class within a class");
            }

            if (c == '&' && _position + 1 < _pattern.Length && _pattern[_position + 1] == '&')
            {
                Subtraction();
                return;
            }

            if (c == '\\')
            {
                Escape(inClass: true);
            }
            else
            {
                Literal();
            }
        }
    }

    /// <summary>Turns <c>&amp;&amp;[^…]]</c>, the one intersection that vocabularies use, into .NET's <c>-[…]]</c>.</summary>
    private void Subtraction()
    {
        _position += 2;
        if (!_pattern.AsSpan(_position).StartsWith("[^"))
        {
            throw new ArgumentException("an intersection of classes other than with a negated one");
        }

        _output.Append('-');
        int caret = _output.Length + 1;
        Class();
        _output.Remove(caret, 1);
        if (_position >= _pattern.Length || _pattern[_position] != ']')
        {
            throw new ArgumentException("an intersection that does not end its class");
        }

        _output.Append(_pattern[_position++]);
    }

    private void Escape(bool inClass)
    {
        ReadOnlySpan<char> rest = _pattern.AsSpan(_position);
        if (rest.StartsWith(@"\p{Han}"))
        {
            _output.Append(inClass ? HanRanges : $"[{HanRanges}]");
            _position += @"\p{Han}".Length;
            return;
        }

        int length = rest.Length > 2 && rest[1] is 'p' or 'P' && rest.IndexOf('}') is > 0 and int end ? end + 1 : Math.Min(2, rest.Length);
        _output.Append(rest[..length]);
        _position += length;
    }

    private void Literal()
    {
        char c = _pattern[_position++];
        if (char.IsHighSurrogate(c) && _position < _pattern.Length && char.IsLowSurrogate(_pattern[_position]))
        {
            _output.Append(CharacterView.StandIn(char.ConvertToUtf32(c, _pattern[_position++])));
        }
        else
        {
            _output.Append(c);
        }
    }
}
