using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns a regular expression into a grammar of the JSON strings, less their quotes, whose text it matches.</summary>
internal sealed class StringPattern(string pattern, Func<string, GrammarException> fail)
{
    private const int MaxRepetitions = 100_000;

    private static readonly CodePointSet Digits = new([('0', '9')]);
    private static readonly CodePointSet WordCharacters = new([('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')]);
    private static readonly CodePointSet Spaces = new([(' ', ' '), ('\t', '\r'), (0xA0, 0xA0), (0x2028, 0x2029)]);
    private static readonly CodePointSet LineBreaks = new([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);

    private int _at;

    public GrammarExpression Parse()
    {
        GrammarExpression expression = ParseTop();
        return _at == pattern.Length ? expression : throw fail($"unexpected '{pattern[_at]}' in the pattern at {_at}");
    }

    /// <summary>The pattern may match anywhere in the text, except where it is anchored.</summary>
    private GrammarExpression ParseTop()
    {
        List<GrammarExpression> choices = [];
        GrammarExpression anything = new RepetitionExpression(Character(CodePointSet.All), 0, null);
        do
        {
            bool isStart = Skip('^');
            GrammarExpression sequence = ParseSequence();
            bool isEnd = Skip('$');
            choices.Add(Sequence(isStart ? Empty : anything, sequence, isEnd ? Empty : anything));
        }
        while (Skip('|'));
        return Choice([.. choices]);
    }

    private GrammarExpression ParseChoice()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw fail("the pattern nests too deeply");
        }

        List<GrammarExpression> choices = [ParseSequence()];
        while (Skip('|'))
        {
            choices.Add(ParseSequence());
        }

        return Choice([.. choices]);
    }

    private GrammarExpression ParseSequence()
    {
        List<GrammarExpression> items = [];
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')' or '$'))
        {
            items.Add(ParseQuantifiers(ParseAtom()));
        }

        return Sequence([.. items]);
    }

    private GrammarExpression ParseAtom()
    {
        switch (pattern[_at])
        {
            case '(':
                _at++;
                if (Skip('?') && !Skip(':'))
                {
                    throw fail("only groups '(…)' and '(?:…)' are supported in patterns");
                }

                GrammarExpression group = ParseChoice();
                return Skip(')') ? group : throw fail("a group of the pattern is not closed");
            case '[':
                _at++;
                return Character(ParseClass());
            case '.':
                _at++;
                return Character(LineBreaks.Complement());
            case '^' or '*' or '+' or '?' or '{':
                throw fail($"'{pattern[_at]}' is not supported at {_at} of the pattern");
            default:
                return Character(ParseCharacter(insideClass: false));
        }
    }

    private GrammarExpression ParseQuantifiers(GrammarExpression item)
    {
        (int Minimum, int? Maximum)? counts = _at == pattern.Length ? null : pattern[_at] switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            '{' => ParseCounts(),
            _ => null,
        };
        if (counts is not var (minimum, maximum))
        {
            return item;
        }

        _at++;

        // Whether a repetition is lazy makes no difference to what matches as a whole.
        Skip('?');
        return new RepetitionExpression(item, minimum, maximum);
    }

    /// <summary>Reads counts up to their closing brace.</summary>
    private (int Minimum, int? Maximum) ParseCounts()
    {
        int close = pattern.IndexOf('}', _at);
        string[] parts = close < 0 ? [] : pattern[(_at + 1)..close].Split(',');
        if (parts.Length is < 1 or > 2 || !TryCount(parts[0], out int minimum))
        {
            throw fail($"the count at {_at} of the pattern is not of the form {{2}}, {{2,}} or {{2,5}}");
        }

        int maximum = minimum;
        if (parts.Length == 2 && parts[1].Length > 0 && (!TryCount(parts[1], out maximum) || maximum < minimum))
        {
            throw fail($"the count at {_at} of the pattern is not of the form {{2}}, {{2,}} or {{2,5}}");
        }

        _at = close;
        return (minimum, parts.Length == 2 && parts[1].Length == 0 ? null : maximum);
    }

    private static bool TryCount(string text, out int count) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count <= MaxRepetitions;

    private CodePointSet ParseClass()
    {
        bool isNegated = Skip('^');
        CodePointSet set = new([]);
        while (_at < pattern.Length && pattern[_at] != ']')
        {
            CodePointSet item = ParseCharacter(insideClass: true);
            if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
            {
                _at++;
                CodePointSet last = ParseCharacter(insideClass: true);
                item = Single(item) is { } from && Single(last) is { } to && from <= to
                    ? new CodePointSet([(from, to)])
                    : throw fail("a range in the pattern is malformed");
            }

            set = set.Union(item);
        }

        return !Skip(']') ? throw fail("a class of the pattern is not closed") : isNegated ? set.Complement() : set;
    }

    private static int? Single(CodePointSet set) =>
        set.Ranges.Count == 1 && set.Ranges[0].First == set.Ranges[0].Last ? set.Ranges[0].First : null;

    private CodePointSet ParseCharacter(bool insideClass)
    {
        if (!Rune.TryGetRuneAt(pattern, _at, out Rune rune))
        {
            throw fail("the pattern has half of a surrogate pair");
        }

        _at += rune.Utf16SequenceLength;
        if (rune.Value != '\\')
        {
            return new CodePointSet([(rune.Value, rune.Value)]);
        }

        char c = _at < pattern.Length ? pattern[_at++] : throw fail("the pattern ends in an escape");
        switch (c)
        {
            case 'd' or 'D':
                return c == 'd' ? Digits : Digits.Complement();
            case 'w' or 'W':
                return c == 'w' ? WordCharacters : WordCharacters.Complement();
            case 's' or 'S':
                return c == 's' ? Spaces : Spaces.Complement();
            case 'x' or 'u':
                int digits = c == 'x' ? 2 : 4;
                return _at + digits <= pattern.Length
                    && int.TryParse(pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
                    ? Advance(digits, new CodePointSet([(value, value)]))
                    : throw fail($"'\\{c}' needs {digits} hexadecimal digits");
            default:
                int known = "nrtfv".IndexOf(c, StringComparison.Ordinal);
                int literal = known >= 0 ? "\n\r\t\f\v"[known] : c == 'b' && insideClass ? '\b' : c;
                return known >= 0 || (c == 'b' && insideClass) || !char.IsAsciiLetterOrDigit(c)
                    ? new CodePointSet([(literal, literal)])
                    : throw fail($"'\\{c}' is not supported in patterns");
        }
    }

    private CodePointSet Advance(int count, CodePointSet set)
    {
        _at += count;
        return set;
    }

    /// <summary>A character of a set, as it is where a JSON string may hold it, and in its short escape.</summary>
    private static GrammarExpression Character(CodePointSet set)
    {
        List<GrammarExpression> choices = [];
        CodePointSet plain = set.Complement().Union(JsonGrammar.Plain.Complement()).Complement();
        if (plain.Ranges.Count > 0)
        {
            choices.Add(new ClassExpression(plain));
        }

        foreach ((int codePoint, string escape) in JsonGrammar.Escapes)
        {
            if (set.Contains(codePoint) && codePoint != '/')
            {
                choices.Add(Text(escape));
            }
        }

        return Choice([.. choices]);
    }

    private bool Skip(char sign)
    {
        bool matches = _at < pattern.Length && pattern[_at] == sign;
        _at += matches ? 1 : 0;
        return matches;
    }
}
