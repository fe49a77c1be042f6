using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>The rules of JSON itself, which schemas are built from.</summary>
internal static class JsonGrammar
{
    public const string Value = "value";
    public const string Object = "object";
    public const string Array = "array";
    public const string String = "string";
    public const string Character = "char";
    public const string Number = "number";
    public const string Integer = "integer";
    public const string Boolean = "boolean";
    public const string Null = "null";
    public const string Space = "space";

    /// <summary>The most digits of a number in front of the point, and as many behind it: a model that has no more to say goes on forever.</summary>
    private const int MaxDigits = 16;

    private const int MaxIndentation = 20;

    private static readonly CodePointSet Digits = new([('0', '9')]);
    private static readonly CodePointSet FirstDigits = new([('1', '9')]);

    /// <summary>What a JSON string holds without an escape.</summary>
    public static CodePointSet Plain { get; } = new CodePointSet([(' ', 0x10FFFF)]).Except(new CodePointSet([('"', '"'), ('\\', '\\')]));

    /// <summary>The escapes of single characters.</summary>
    public static IReadOnlyDictionary<int, string> Escapes { get; } = new Dictionary<int, string>
    {
        ['"'] = "\\\"",
        ['\\'] = "\\\\",
        ['/'] = "\\/",
        ['\b'] = "\\b",
        ['\f'] = "\\f",
        ['\n'] = "\\n",
        ['\r'] = "\\r",
        ['\t'] = "\\t",
    };

    public static GrammarExpression Digit { get; } = new ClassExpression(Digits);

    private static GrammarExpression HexDigit => Hex("0123456789abcdefABCDEF");

    public static GrammarExpression Spaced(string sign) => Sequence(Text(sign), Rule(Space));

    /// <summary>Any escape of a character in a string: beyond the first plane it is a pair, of which no half stands alone.</summary>
    public static GrammarExpression Escape { get; } = Sequence(
        Text("\\"),
        Choice(
            new ClassExpression(new CodePointSet("\"\\/bfnrt".Select(c => ((int)c, (int)c)))),
            Sequence(
                Text("u"),
                Choice(
                    Sequence(Hex("0123456789abcefABCEF"), HexDigit, HexDigit, HexDigit),
                    Sequence(Hex("dD"), Hex("01234567"), HexDigit, HexDigit),
                    Sequence(Hex("dD"), Hex("89abAB"), HexDigit, HexDigit, Text("\\u"), Hex("dD"), Hex("cdefCDEF"), HexDigit, HexDigit)))));

    public static void AddTo(Dictionary<string, GrammarExpression> rules)
    {
        rules[Space] = Optional(Choice(
            Text(" "),
            Sequence(Text("\n"), new RepetitionExpression(new ClassExpression(new CodePointSet([(' ', ' '), ('\t', '\t')])), 0, MaxIndentation))));
        rules[Character] = Choice(new ClassExpression(Plain), Escape);
        rules[String] = Sequence(Text("\""), new RepetitionExpression(Rule(Character), 0, null), Text("\""));
        rules[Integer] = Sequence(Optional(Text("-")), Whole());
        rules[Number] = Sequence(Rule(Integer), Fraction());
        rules[Boolean] = Choice(Text("true"), Text("false"));
        rules[Null] = Text("null");
        rules[Array] = Sequence(Spaced("["), Optional(List(Rule(Value))), Text("]"));
        rules[Object] = Sequence(
            Spaced("{"), Optional(List(Sequence(Rule(String), Spaced(":"), Rule(Value)))), Text("}"));
        rules[Value] = Choice(Rule(Object), Rule(Array), Rule(String), Rule(Number), Rule(Boolean), Rule(Null));
    }

    /// <summary>A whole number without a sign.</summary>
    public static GrammarExpression Whole() =>
        Choice(Text("0"), Sequence(new ClassExpression(FirstDigits), new RepetitionExpression(Digit, 0, MaxDigits - 1)));

    /// <summary>What may follow a whole number: digits behind a point, and an exponent.</summary>
    public static GrammarExpression Fraction() => Sequence(
        Optional(Sequence(Text("."), new RepetitionExpression(Digit, 1, MaxDigits))),
        Optional(Sequence(
            new ClassExpression(new CodePointSet([('e', 'e'), ('E', 'E')])),
            Optional(new ClassExpression(new CodePointSet([('+', '+'), ('-', '-')]))),
            new RepetitionExpression(Digit, 1, 3))));

    private static ClassExpression Hex(string digits) => new(new CodePointSet(digits.Select(c => ((int)c, (int)c))));

    /// <summary>Items between commas, each followed by the space that the next sign allows.</summary>
    private static GrammarExpression List(GrammarExpression item) => Sequence(
        item, Rule(Space), new RepetitionExpression(Sequence(Spaced(","), item, Rule(Space)), 0, null));
}
