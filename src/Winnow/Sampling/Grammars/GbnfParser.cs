using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Winnow.Sampling.Grammars;

/// <summary>Reads the notation GBNF.</summary>
internal sealed class GbnfParser(string text, Budget budget)
{
    private const int MaxRepetitions = 100_000;

    private readonly Dictionary<string, GrammarExpression> _rules = new(StringComparer.Ordinal);
    private int _at;
    private int[]? _lineStarts;

    public Dictionary<string, GrammarExpression> Parse()
    {
        SkipSpace(acrossLines: true);
        while (_at < text.Length)
        {
            int start = _at;
            string name = ReadName();
            SkipSpace(acrossLines: false);
            if (!Skip("::="))
            {
                throw Fail($"expected '::=' after the rule name '{Quoted.Cut(name)}'");
            }

            SkipSpace(acrossLines: true);
            if (!_rules.TryAdd(name, ParseChoice(insideGroup: false)))
            {
                throw Fail($"the rule '{Quoted.Cut(name)}' is defined twice", start);
            }

            if (_at < text.Length && text[_at] is not ('\n' or '\r'))
            {
                throw Fail($"unexpected '{text[_at]}'");
            }

            SkipSpace(acrossLines: true);
        }

        return _rules.ContainsKey("root") ? _rules : throw Fail("the grammar has no rule 'root', where texts begin");
    }

    private GrammarExpression ParseChoice(bool insideGroup)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail("the grammar nests too deeply");
        }

        List<GrammarExpression> choices = [ParseSequence(insideGroup)];
        while (Skip("|"))
        {
            SkipSpace(acrossLines: true);
            choices.Add(ParseSequence(insideGroup));
        }

        return choices.Count == 1 ? choices[0] : new ChoiceExpression(choices);
    }

    private SequenceExpression ParseSequence(bool insideGroup)
    {
        List<GrammarExpression> items = [];
        while (_at < text.Length && text[_at] is not ('|' or ')' or '\n' or '\r'))
        {
            GrammarExpression item = ParseItem();
            items.Add(ParseRepetitions(item));
            SkipSpace(insideGroup);
        }

        return new SequenceExpression(items);
    }

    private GrammarExpression ParseItem()
    {
        budget.Charge(1);
        char c = text[_at];
        switch (c)
        {
            case '"':
                _at++;
                return new LiteralExpression(ReadLiteral());
            case '[':
                _at++;
                return new ClassExpression(ReadClass());
            case '.':
                _at++;
                return new ClassExpression(CodePointSet.All);
            case '(':
                int open = _at++;
                SkipSpace(acrossLines: true);
                GrammarExpression group = ParseChoice(insideGroup: true);
                return Skip(")") ? group : throw Fail("this group is not closed with ')'", open);
            case '<' or '!':
                throw Fail("token references are not supported; write the token's text in quotes");
            default:
                if (!IsNameCharacter(c))
                {
                    throw Fail($"unexpected '{c}'");
                }

                (int line, int column) = Position(_at);
                return new RuleExpression(ReadName(), line, column);
        }
    }

    private GrammarExpression ParseRepetitions(GrammarExpression item)
    {
        while (_at < text.Length)
        {
            if (Skip("*"))
            {
                item = new RepetitionExpression(item, 0, null);
            }
            else if (Skip("+"))
            {
                item = new RepetitionExpression(item, 1, null);
            }
            else if (Skip("?"))
            {
                item = new RepetitionExpression(item, 0, 1);
            }
            else if (text[_at] == '{')
            {
                item = ParseCounts(item);
            }
            else
            {
                break;
            }
        }

        return item;
    }

    private RepetitionExpression ParseCounts(GrammarExpression item)
    {
        int open = _at++;
        SkipSpace(acrossLines: false);
        int? minimum = ReadCount();
        int? maximum = minimum;
        SkipSpace(acrossLines: false);
        if (Skip(","))
        {
            SkipSpace(acrossLines: false);
            maximum = ReadCount();
            minimum ??= 0;
            SkipSpace(acrossLines: false);
        }

        if (!Skip("}") || minimum is null)
        {
            throw Fail("expected a count such as {2}, {2,} or {2,5}", open);
        }

        return maximum < minimum
            ? throw Fail($"the maximum {maximum} is below the minimum {minimum}", open)
            : new RepetitionExpression(item, minimum.Value, maximum);
    }

    private int? ReadCount()
    {
        int start = _at;
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
        {
            _at++;
        }

        return start == _at ? null
            : int.TryParse(text.AsSpan(start, _at - start), CultureInfo.InvariantCulture, out int count) && count <= MaxRepetitions ? count
            : throw Fail($"a count may be at most {MaxRepetitions}", start);
    }

    private string ReadLiteral()
    {
        int open = _at - 1;
        StringBuilder literal = new();
        while (_at < text.Length && text[_at] is not ('"' or '\n' or '\r'))
        {
            literal.Append(char.ConvertFromUtf32(ReadCharacter()));
        }

        return Skip("\"") ? literal.ToString() : throw Fail("this text is not closed with '\"'", open);
    }

    private CodePointSet ReadClass()
    {
        int open = _at - 1;
        bool isNegated = Skip("^");
        List<(int, int)> ranges = [];
        while (_at < text.Length && text[_at] is not (']' or '\n' or '\r'))
        {
            int start = _at;
            int first = ReadCharacter();
            int last = first;
            if (_at + 1 < text.Length && text[_at] == '-' && text[_at + 1] != ']')
            {
                _at++;
                last = ReadCharacter();
            }

            ranges.Add(first <= last ? (first, last) : throw Fail("this range ends before it begins", start));
        }

        if (!Skip("]"))
        {
            throw Fail("this class is not closed with ']'", open);
        }

        CodePointSet set = new(ranges);
        return isNegated ? set.Complement() : set;
    }

    private int ReadCharacter()
    {
        budget.Charge(1);
        int start = _at;
        if (text[_at] != '\\')
        {
            if (!Rune.TryGetRuneAt(text, _at, out Rune rune))
            {
                throw Fail("half of a surrogate pair is no character");
            }

            _at += rune.Utf16SequenceLength;
            return rune.Value;
        }

        char c = _at + 1 < text.Length ? text[_at + 1] : throw Fail("the grammar ends in an escape");
        _at += 2;
        int digits = c switch { 'x' => 2, 'u' => 4, 'U' => 8, _ => 0 };
        if (digits == 0)
        {
            return c switch
            {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '\\' or '"' or '[' or ']' or '-' or '^' => c,
                _ => throw Fail($"unknown escape '\\{c}'", start),
            };
        }

        if (_at + digits > text.Length
            || !int.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int codePoint)
            || !Rune.IsValid(codePoint))
        {
            throw Fail($"'\\{c}' needs {digits} hexadecimal digits of a character", start);
        }

        _at += digits;
        return codePoint;
    }

    private string ReadName()
    {
        int start = _at;
        while (_at < text.Length && IsNameCharacter(text[_at]))
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Fail($"expected a rule name, found '{text[_at]}'");
    }

    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    /// <summary>Skips blanks and comments, and line breaks where a rule goes on behind them.</summary>
    private void SkipSpace(bool acrossLines)
    {
        while (_at < text.Length)
        {
            if (text[_at] == '#')
            {
                int end = text.AsSpan(_at).IndexOfAny('\n', '\r');
                _at = end < 0 ? text.Length : _at + end;
            }
            else if (text[_at] is ' ' or '\t' || (acrossLines && text[_at] is '\n' or '\r'))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private bool Skip(string sign)
    {
        bool matches = string.CompareOrdinal(text, _at, sign, 0, sign.Length) == 0;
        _at += matches ? sign.Length : 0;
        return matches;
    }

    /// <summary>An error at a place in a grammar's text, line and column counted from 1.</summary>
    public static InvalidOptionException At(int line, int column, string problem) => new($"grammar, line {line}, column {column}: {problem}");

    private InvalidOptionException Fail(string problem) => Fail(problem, _at);

    private InvalidOptionException Fail(string problem, int at)
    {
        (int line, int column) = Position(at);
        return At(line, column, problem);
    }

    private (int Line, int Column) Position(int at)
    {
        _lineStarts ??= [0, .. Enumerable.Range(0, text.Length).Where(i => text[i] == '\n').Select(i => i + 1)];
        int line = Array.BinarySearch(_lineStarts, at);
        line = line < 0 ? ~line - 1 : line;
        return (line + 1, at - _lineStarts[line] + 1);
    }
}
