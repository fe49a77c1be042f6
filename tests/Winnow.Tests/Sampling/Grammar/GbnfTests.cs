using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class GbnfTests
{
    [Theory]
    [InlineData("root ::= \"yes\" | \"no\"", "yes", "whole")]
    [InlineData("root ::= \"yes\" | \"no\"", "ye", "open")]
    [InlineData("root ::= \"yes\" | \"no\"", "yesno", "refused")]
    [InlineData("root ::= [0-9]+ (\".\" [0-9]{2})?", "12.34", "whole")]
    [InlineData("root ::= [0-9]+ (\".\" [0-9]{2})?", "12.3", "open")]
    [InlineData("root ::= [0-9]+ (\".\" [0-9]{2})?", "12.345", "refused")]
    [InlineData("root ::= \"a\"{2,3}", "a", "open")]
    [InlineData("root ::= \"a\"{2,3}", "aaa", "whole")]
    [InlineData("root ::= \"a\"{2,3}", "aaaa", "refused")]
    [InlineData("root ::= \"a\"{2,}", "aaaaaa", "whole")]
    [InlineData("root ::= \"a\"{,2} \"b\"", "aab", "whole")]
    [InlineData("root ::= \"a\"{0}", "", "whole")]
    [InlineData("root ::= [^a-c\\n]*", "xyzé😀", "whole")]
    [InlineData("root ::= [^a-c\\n]*", "xb", "refused")]
    [InlineData("root ::= [à-ü]+ \"é\"", "èüé", "whole")]
    [InlineData("root ::= [à-ü]", "z", "refused")]
    [InlineData("root ::= . .", "é😀", "whole")]
    [InlineData("root ::= [\\u4e00-\\u9fff\\x41]+", "中A文", "whole")]
    [InlineData("root ::= \"\\\"\\\\\\t\\U0001F600\"", "\"\\\t😀", "whole")]
    [InlineData("root ::= \"(\" root \")\" | \"\"", "((()))", "whole")]
    [InlineData("root ::= \"(\" root \")\" | \"\"", "((())))", "refused")]
    [InlineData("# a comment\nroot ::= (\n  item # one\n  | \"x\"\n)\nitem ::= \"i\" |\n  \"j\"\n", "j", "whole")]
    [InlineData("root ::= list\r\nlist ::= \"a\" (\",\" list)?\r\n", "a,a,a", "whole")]
    [InlineData("root ::= (\"a\"?)* \"b\"", "aab", "whole")]
    [InlineData("root ::= (\"\" | \"a\")+", "", "whole")]
    [InlineData("root ::= \"a\"* \"a\"* \"a\"* \"b\"", "aaaaaaaaaaaaaaaab", "whole")]
    [InlineData("root ::= \"if\" | [a-z]+ \"!\"", "if", "whole")]
    [InlineData("root ::= \"if\" | [a-z]+ \"!\"", "iffy!", "whole")]
    public void A_text_is_followed_through_its_grammar(string grammar, string text, string expected) =>
        Assert.Equal(expected, GrammarTexts.Judge(Grammar.ParseGbnf(grammar), text));

    [Theory]
    [InlineData("root ::= \"a", 1, 10, "not closed")]
    [InlineData("root ::= [a", 1, 10, "not closed")]
    [InlineData("root ::= (\"a\"", 1, 10, "not closed")]
    [InlineData("root = \"a\"", 1, 6, "'::='")]
    [InlineData("root ::= x\nx ::= y", 2, 7, "no rule is named 'y'")]
    [InlineData("root ::= \"a\"\nroot ::= \"b\"", 2, 1, "defined twice")]
    [InlineData("root ::= \"\\q\"", 1, 11, "unknown escape")]
    [InlineData("root ::= \"a\"{3,2}", 1, 13, "below the minimum")]
    [InlineData("root ::= \"a\"{x}", 1, 13, "expected a count")]
    [InlineData("root ::= \"a\"{999999999999}", 1, 14, "at most")]
    [InlineData("root ::= [z-a]", 1, 11, "ends before it begins")]
    [InlineData("root ::= <think>", 1, 10, "token references")]
    [InlineData("root ::= \"a\" )", 1, 14, "unexpected ')'")]
    [InlineData("root ::= \"\\ud800\"", 1, 11, "hexadecimal digits")]
    public void An_error_names_line_and_column(string grammar, int line, int column, string problem)
    {
        InvalidOptionException error = Assert.Throws<InvalidOptionException>(() => Grammar.ParseGbnf(grammar));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"grammar, line {line}, column {column}: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a ::= \"x\"")]
    [InlineData("")]
    public void A_grammar_without_a_root_is_refused(string grammar) =>
        Assert.Contains("root", Assert.Throws<InvalidOptionException>(() => Grammar.ParseGbnf(grammar)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("root ::= root \"a\" | \"b\"")]
    [InlineData("root ::= x\nx ::= y \"a\" | \"b\"\ny ::= \"\" x")]
    [InlineData("root ::= maybe root \"a\" | \"b\"\nmaybe ::= \"c\"?")]
    [InlineData("root ::= (\"c\"* root)? \"a\"")]
    public void A_rule_that_begins_with_itself_is_refused(string grammar) =>
        Assert.Contains("begins with itself", Assert.Throws<InvalidOptionException>(() => Grammar.ParseGbnf(grammar)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_grammar_with_too_many_states_is_refused() =>
        Assert.Throws<InvalidOptionException>(() => Grammar.ParseGbnf("root ::= ((\"a\"{1000}){1000}){1000}"));

    [Fact]
    public void Groups_nested_without_end_are_refused() =>
        Assert.Throws<InvalidOptionException>(() => Grammar.ParseGbnf("root ::= " + new string('(', 200_000)));

    [Fact]
    public void Mutated_grammars_are_read_or_refused()
    {
        const int Seed = 77;
        Random random = new(Seed);
        string[] pieces = ["\"", "[", "]", "(", ")", "|", "*", "+", "?", "{", "}", "{2,3}", "::=", "\n", "#", "\\", "\\x4", "-", "^", ".", "root", "a", " ", "é", "\ud83d"];
        const string Source = "root ::= item (\",\" item)* # list\nitem ::= [a-z]+ | \"\\\"\" [^\"\\\\]{0,9} \"\\\"\" | (\"x\" | \"y\")?\n";
        for (int i = 0; i < 5000; i++)
        {
            string text = Source;
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                int at = random.Next(text.Length + 1);
                text = text[..at] + pieces[random.Next(pieces.Length)] + text[Math.Min(text.Length, at + random.Next(3))..];
            }

            try
            {
                GrammarTexts.Judge(Grammar.ParseGbnf(text), "abc,xy");
            }
            catch (InvalidOptionException)
            {
            }
            catch (Exception error) when (error is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"seed {Seed}, round {i}: {text}\n{error}");
            }
        }
    }
}
