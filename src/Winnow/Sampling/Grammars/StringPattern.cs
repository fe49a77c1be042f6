using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns a regular expression of ECMAScript into a grammar of the JSON strings, less their quotes, whose text it matches.</summary>
/// <param name="pattern">The expression.</param>
/// <param name="fail">Makes an error about it.</param>
/// <param name="named">Makes a rule of what is too large to be copied wherever it is used.</param>
/// <param name="budget">What reading may spend.</param>
internal sealed class StringPattern(
    string pattern, Func<string, InvalidOptionException> fail, Func<GrammarExpression, GrammarExpression> named, Budget budget)
{
    private const int MaxRepetitions = 100_000;
    private const int MaxRangesToCopy = 8;

    private static readonly CodePointSet Digits = new([('0', '9')]);
    private static readonly CodePointSet WordCharacters = new([('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')]);
    private static readonly CodePointSet Spaces = new([(' ', ' '), ('\t', '\r'), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF)]);
    private static readonly CodePointSet LineBreaks = new([('\n', '\n'), ('\r', '\r'), (0x2028, 0x2029)]);

    private int _at;

    /// <summary>The least characters of a text that matches; known once it is parsed.</summary>
    public int MinLength { get; private set; }

    /// <summary>The most; null for no bound.</summary>
    public int? MaxLength { get; private set; }

    /// <summary>Reads the expression. It may match anywhere in the text, except where it is anchored.</summary>
    public GrammarExpression Parse()
    {
        PatternParts parts = ParseChoice();
        if (_at < pattern.Length)
        {
            throw fail($"unexpected '{pattern[_at]}' in the pattern at {_at}");
        }

        if (parts.Items.Count == 0)
        {
            throw fail("no text matches the pattern: its anchors exclude each other");
        }

        GrammarExpression anything = new RepetitionExpression(Character(CodePointSet.All, 0), 0, null);
        MinLength = parts.Items.Min(part => part.Minimum);
        MaxLength = parts.Items.All(part => part.AtStart && part.AtEnd && part.Maximum is not null) ? parts.Items.Max(part => part.Maximum) : null;
        return Choice([.. parts.Items.Select(part => Sequence(part.AtStart ? Empty : anything, part.Text, part.AtEnd ? Empty : anything))]);
    }

    private PatternParts ParseChoice()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw fail("the pattern nests too deeply");
        }

        List<PatternParts> choices = [ParseSequence()];
        while (Skip('|'))
        {
            choices.Add(ParseSequence());
        }

        return PatternParts.OneOf(choices);
    }

    private PatternParts ParseSequence()
    {
        List<PatternParts> items = [];
        while (_at < pattern.Length && pattern[_at] is not ('|' or ')'))
        {
            budget.Charge(4);
            items.Add(Skip('^') ? PatternParts.Start : Skip('$') ? PatternParts.End : ParseQuantifiers(ParseAtom()));
        }

        return PatternParts.InOrder(items);
    }

    private PatternParts ParseAtom()
    {
        int at = _at;
        switch (pattern[_at])
        {
            case '(':
                _at++;
                SkipGroupHead();
                PatternParts group = ParseChoice();
                return Skip(')') ? group : throw fail("a group of the pattern is not closed");
            case '[':
                _at++;
                return PatternParts.Of(Character(ParseClass(), at));
            case '.':
                _at++;
                return PatternParts.Of(Character(LineBreaks.Complement(), at));
            case '*' or '+' or '?' or '{':
                throw fail($"'{pattern[_at]}' is not supported at {_at} of the pattern");
            default:
                return PatternParts.Of(Character(ParseCharacter(insideClass: false), at));
        }
    }

    /// <summary>Skips what makes a group one that only groups, or one with a name.</summary>
    private void SkipGroupHead()
    {
        if (!Skip('?') || Skip(':'))
        {
            return;
        }

        // Python writes a P before the name.
        int at = _at + (_at < pattern.Length && pattern[_at] == 'P' ? 1 : 0);
        int close = at + 1 < pattern.Length && pattern[at] == '<' && pattern[at + 1] is not ('=' or '!') ? pattern.IndexOf('>', at) : -1;
        _at = close >= 0 ? close + 1 : throw fail("only groups '(…)', '(?:…)' and '(?<name>…)' are supported in patterns");
    }

    private PatternParts ParseQuantifiers(PatternParts item)
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
        return item.Repeated(minimum, maximum) ?? throw fail("an anchor in a repetition is not supported in patterns");
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
        List<(int, int)> ranges = [];
        while (_at < pattern.Length && pattern[_at] != ']')
        {
            budget.Charge(1);
            CodePointSet item = ParseCharacter(insideClass: true);
            if (_at + 1 < pattern.Length && pattern[_at] == '-' && pattern[_at + 1] != ']')
            {
                _at++;
                CodePointSet last = ParseCharacter(insideClass: true);
                ranges.Add(Single(item) is { } from && Single(last) is { } to && from <= to ? (from, to) : throw fail("a range in the pattern is malformed"));
                continue;
            }

            ranges.AddRange(item.Ranges);
        }

        CodePointSet set = Skip(']') ? new(ranges) : throw fail("a class of the pattern is not closed");
        return isNegated ? set.Complement() : set;
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
            return Only(rune.Value);
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
            case 'p' or 'P':
                CodePointSet category = ParseCategory();
                return c == 'p' ? category : category.Complement();
            case 'x':
                return Only(ParseHex(2));
            case 'u':
                return Only(ParseCodePoint());
            case 'c' when _at < pattern.Length && char.IsAsciiLetter(pattern[_at]):
                return Only(pattern[_at++] % 32);
            case '0' when _at == pattern.Length || !char.IsAsciiDigit(pattern[_at]):
                return Only(0);
            default:
                int known = "nrtfv".IndexOf(c, StringComparison.Ordinal);
                int literal = known >= 0 ? "\n\r\t\f\v"[known] : c == 'b' && insideClass ? '\b' : c;
                return (known >= 0 || (c == 'b' && insideClass) || !char.IsAsciiLetterOrDigit(c)) && !char.IsSurrogate(c)
                    ? Only(literal)
                    : throw fail($"'\\{c}' is not supported in patterns");
        }
    }

    private static CodePointSet Only(int codePoint) => new([(codePoint, codePoint)]);

    private CodePointSet ParseCategory()
    {
        int close = _at < pattern.Length && pattern[_at] == '{' ? pattern.IndexOf('}', _at) : -1;
        string name = close < 0 ? throw fail("'\\p' needs a name in braces") : pattern[(_at + 1)..close];
        _at = close + 1;
        budget.Charge(100_000);
        return UnicodeCategories.Find(name) ?? throw fail($"the property '{Quoted.Cut(name)}' is not supported in patterns; general categories such as L or Lu are");
    }

    /// <summary>Reads what follows <c>\u</c>: four digits, two escapes that are a surrogate pair, or digits in braces.</summary>
    private int ParseCodePoint()
    {
        int at = _at - 2;
        if (Skip('{'))
        {
            int close = pattern.IndexOf('}', _at);
            int value = close - _at is > 0 and <= 6 ? ParseHex(close - _at) : throw fail($"the escape at {at} of the pattern is no character");
            _at++;
            return Rune.IsValid(value) ? value : throw fail($"the escape at {at} of the pattern is no character");
        }

        int unit = ParseHex(4);
        if (!char.IsSurrogate((char)unit))
        {
            return unit;
        }

        if (char.IsHighSurrogate((char)unit) && pattern.AsSpan(_at).StartsWith("\\u"))
        {
            _at += 2;
            int low = ParseHex(4);
            if (char.IsLowSurrogate((char)low))
            {
                return char.ConvertToUtf32((char)unit, (char)low);
            }
        }

        throw fail($"the escape at {at} of the pattern is half of a surrogate pair, which no text has");
    }

    private int ParseHex(int digits)
    {
        if (_at + digits > pattern.Length
            || !int.TryParse(pattern.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value))
        {
            throw fail($"the escape before {_at} of the pattern needs {digits} hexadecimal digits");
        }

        _at += digits;
        return value;
    }

    /// <summary>A character of a set: as it is where a JSON string may hold it, else in its short escape, or by its number where it has none.</summary>
    private GrammarExpression Character(CodePointSet set, int at)
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

        for (int high = 0; high < 2; high++)
        {
            int[] lows = [.. Enumerable.Range(0, 16).Where(low => set.Contains((high * 16) + low) && !JsonGrammar.Escapes.ContainsKey((high * 16) + low))];
            if (lows.Length > 0)
            {
                string digits = string.Concat(lows.Select(low => low.ToString("x", CultureInfo.InvariantCulture)));
                choices.Add(Sequence(Text($"\\u00{high}"), new ClassExpression(new CodePointSet((digits + digits.ToUpperInvariant()).Select(c => ((int)c, (int)c))))));
            }
        }

        GrammarExpression character = choices.Count == 0 ? throw fail($"no text has a character as at {at} of the pattern")
            : choices.Count == 1 ? choices[0] : Choice([.. choices]);
        return plain.Ranges.Count > MaxRangesToCopy ? named(character) : character;
    }

    private bool Skip(char sign)
    {
        bool matches = _at < pattern.Length && pattern[_at] == sign;
        _at += matches ? 1 : 0;
        return matches;
    }
}
