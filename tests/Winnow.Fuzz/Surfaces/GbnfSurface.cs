using System.Text;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Sampling;

namespace Winnow.Fuzz.Surfaces;

/// <summary>Grammars in GBNF, compiled and followed.</summary>
internal sealed class GbnfSurface : Surface
{
    private static readonly string[] Grammars =
    [
        """
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws ::= | " " | "\n" [ \t]{0,20}
        """,
        """
        # arithmetic
        root  ::= (expr "=" term "\n")+
        expr  ::= term ([-+*/] term)*
        term  ::= ident | num | "(" expr ")"
        ident ::= [a-z] [a-z0-9_]*
        num   ::= [0-9]+
        """,
        "root ::= \"yes\" | \"no\" | [^a-z]{2,3} . \"\\u00e9\\U0001F642\" empty\nempty ::= \"\"\n",
        "root ::= (\"a\"? \"b\"*){3,5} x{2}\nx ::= \"c\" x | \"d\" | y y\ny ::= \"\" | \"e\"\n",
    ];

    private static readonly string[] Words =
    [
        "root", "::=", "|", "*", "+", "?", "{0}", "{2,}", "{,3}", "{100000}", "{99}", "(", ")", "[", "]", "[^", "\"", "\"a\"", "\"\"", "[a-z]", "[^\\x00-\\U0010FFFF]", "[\\x00-\\U0010FFFF]", ".", "\\", "\\x00", "\\u00e9", "\\ud800", "\\U0010FFFF", "\\U00110000",
        "<", "<think>", "!", "#", "# comment\n", "\n", "\nx ::= x", "\nx ::= \"a\" x | \"b\"", "x", "ws", "\r\n", " ", "é", "🙂", "\0", "-", "^", "root ::= root",
    ];

    private readonly TextMutator _mutator = new(Grammars, Words, Phrase, token => token is "]" or ")" || (token.Length > 1 && token[0] == '"'));

    public override string Name => "gbnf";

    public override IReadOnlyList<byte[]> Seeds => [.. Grammars.Select(Encoding.UTF8.GetBytes)];

    public override byte[] Make(InputRandom random) => _mutator.Mutate(random);

    /// <summary>More of a sequence, or an alternative.</summary>
    private static string Phrase(InputRandom random)
    {
        string[] items = ["\"a\"", "\"é\"", "[a-z]", "[^\"]", "ws", "x", "root", "\"\"", ".", "(\"b\" | [c-d])", "(ws)", "\"\\\"\"", "[\\x00-\\U0010FFFF]", "term", "value"];
        string[] counts = ["", "", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "{50}", "{0}", "*?", "{2}{2}"];
        return string.Concat(Enumerable.Range(0, random.Few(4)).Select(_ => (random.OneIn(4) ? " | " : " ") + random.Pick(items) + random.Pick(counts)));
    }

    protected override void Use(ReadOnlySpan<byte> input)
    {
        Grammar grammar = Grammar.ParseGbnf(Encoding.UTF8.GetString(input));
        Accept();
        GrammarWalk.Follow(grammar, input.Length);
    }
}
