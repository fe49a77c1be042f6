using System.Text;
using System.Text.Json.Nodes;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

/// <summary>Grammars and schemas come with requests from anywhere: reading them ends soon, in bounds, with a grammar or a typed error.</summary>
public class HostileGrammarsTests
{
    public static TheoryData<string, string> Compiled => new()
    {
        { "a type twice at each of 200 levels", Nest(200, inner => $$"""{"type": ["array", "array"], "items": {{inner}}}""") },
        { "required names without schemas at each level", Nest(60, inner => $$"""{"type": "object", "required": ["a", "b"], "additionalProperties": {{inner}}}""") },
        { "the same alternatives at each level", Nest(100, inner => $$"""{"anyOf": [{"type": "array", "items": {{inner}}}, {"type": "array", "items": true}]}""") },
        { "the same part twice at each level", Nest(100, inner => $$$"""{"$defs": {"x": {{{inner}}}}, "allOf": [true, {"type": "array"}], "items": {"minItems": 1}}""") },
        { "a recursive allOf", """{"definitions": {"T": {"type": "object", "properties": {"l": {"allOf": [{"$ref": "#/definitions/T"}]}, "r": {"default": 1, "allOf": [{"$ref": "#/definitions/T"}]}}}}, "allOf": [{"$ref": "#/definitions/T"}]}""" },
        { "a class of many characters", $$"""{"type": "string", "pattern": "^[{{string.Concat(Enumerable.Range(0x4E00, 10_000).Select(c => (char)c))}}]$"}""" },
        { "a long property among others named", $$$"""{"type": "object", "properties": {"{{{new string('a', 1000)}}}": {}}, "additionalProperties": true}""" },
        { "deep values", $$"""{"const": {{Nest(400, inner => $"[{inner}]")}}}""" },
    };

    [Theory]
    [MemberData(nameof(Compiled))]
    public void Schemas_that_only_look_large_are_compiled(string kind, string schema) => Assert.True(Grammar.ParseJsonSchema(schema) is not null, kind);

    [Theory]
    [InlineData(100_000, "characters")]
    [InlineData(3_000_000, "characters")]
    public void A_property_of_any_length_is_no_reason_to_fall_over(int length, string problem)
    {
        string schema = $$$"""{"type": "object", "properties": {"{{{new string('a', length)}}}": {}}, "additionalProperties": true}""";
        Refused(() => Grammar.ParseJsonSchema(schema), problem);
    }

    [Fact]
    public void Values_deeper_than_any_text_are_refused()
    {
        JsonNode value = new JsonArray();
        for (int i = 0; i < 2_000; i++)
        {
            value = new JsonArray(value);
        }

        Refused(() => Grammar.FromJsonSchema(new JsonObject { ["const"] = value }), "too deeply");
    }

    [Fact]
    public void Alternatives_that_multiply_are_refused()
    {
        IEnumerable<string> alternatives = Enumerable.Range(0, 10).Select(i => "{\"properties\": {\"p" + i + "\": {\"maximum\": " + i + "}}}");
        string choice = $$"""{"anyOf": [{{string.Join(',', alternatives)}}]}""";
        string schema = $$"""{"type": "object", "allOf": [{{string.Join(',', Enumerable.Repeat(choice, 12))}}]}""";
        Refused(() => Grammar.ParseJsonSchema(schema), "too large");
    }

    [Theory]
    [InlineData("""{"type": "string", "type": "null"}""")]
    [InlineData("""{"properties": {"a": {"type": "string", "type": "null"}}}""")]
    [InlineData("""{"const": {"a": 1, "a": 2}}""")]
    public void A_name_twice_is_refused(string schema) => Refused(() => Grammar.ParseJsonSchema(schema), "stands twice");

    [Theory]
    [InlineData("""{"const": "\ud800"}""")]
    [InlineData("""{"enum": ["\udc00x"]}""")]
    [InlineData("""{"properties": {"\ud83d": {}}}""")]
    [InlineData("""{"required": ["\ud83d"]}""")]
    [InlineData("""{"pattern": "\ud83d"}""")]
    public void Half_of_a_surrogate_pair_is_refused(string schema) => Refused(() => Grammar.ParseJsonSchema(schema), "half of a surrogate pair");

    [Theory]
    [InlineData("{")]
    [InlineData("{\"type\": }")]
    [InlineData("")]
    public void What_is_no_json_is_refused(string schema) => Refused(() => Grammar.ParseJsonSchema(schema), "no valid JSON");

    [Theory]
    [InlineData("the pattern's half pair", """{"type": "string", "pattern": "\\ud83d"}""", "#/pattern")]
    [InlineData("an empty class", """{"type": "string", "pattern": "a[^\\s\\S]"}""", "at 1 of the pattern")]
    [InlineData("anchors that exclude each other", """{"type": "string", "pattern": "a^b"}""", "anchors")]
    [InlineData("an object in itself", """{"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}""", "no text matches")]
    [InlineData("a choice of itself", """{"anyOf": [{"$ref": "#"}, {"type": "null"}]}""", "begins with itself")]
    [InlineData("a choice of itself beside values", """{"anyOf": [{"enum": ["a", [1, {"b": 2}]]}, {"$ref": "#"}, {"const": {"x": true}}]}""", "begins with itself")]
    [InlineData("alternatives that are not apart", """{"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]}""", "'oneOf'")]
    public void What_no_answer_could_be_completed_for_is_refused_by_its_place(string kind, string schema, string problem) =>
        Assert.True(Refusal(() => Grammar.ParseJsonSchema(schema)).Contains(problem, StringComparison.Ordinal), kind);

    [Fact]
    public void Alternatives_without_states_of_their_own_count()
    {
        string grammar = "root ::= (" + string.Join('|', Enumerable.Repeat("\"a\"", 10_000)) + "){100000}\n";
        Refused(() => Grammar.ParseGbnf(grammar), "transitions");
    }

    /// <summary>A few states, for which more is read than a grammar may take.</summary>
    [Fact]
    public void A_long_text_of_few_states_counts()
    {
        string characters = '[' + new string('a', 1_000_000) + ']';
        Refused(() => Grammar.ParseGbnf("root ::= " + string.Concat(Enumerable.Repeat(characters, 51)) + "\n"), "too large");
    }

    [Theory]
    [InlineData("\"\"")]
    [InlineData("\"a\"")]
    public void A_long_chain_of_rules_is_followed_once(string end)
    {
        const int Rules = 100_000;
        string grammar = "root ::= r0\n" + string.Concat(Enumerable.Range(0, Rules).Select(i => $"r{i} ::= r{i + 1}\n")) + $"r{Rules} ::= {end}\n";
        Assert.NotNull(Grammar.ParseGbnf(grammar));
    }

    [Fact]
    public void Rules_in_a_long_circle_are_found()
    {
        const int Rules = 100_000;
        string grammar = "root ::= r0\n" + string.Concat(Enumerable.Range(0, Rules).Select(i => $"r{i} ::= r{(i + 1) % Rules}\n"));
        Refused(() => Grammar.ParseGbnf(grammar), "begins with itself");
    }

    [Fact]
    public void Many_references_are_placed_without_counting_lines_again()
    {
        StringBuilder grammar = new("root ::= ");
        for (int i = 0; i < 300_000; i++)
        {
            grammar.Append("r ");
        }

        Assert.NotNull(Grammar.ParseGbnf(grammar.Append("\nr ::= \"a\"\n").ToString()));
    }

    [Fact]
    public void A_caller_may_give_up()
    {
        using CancellationTokenSource given = new();
        given.Cancel();
        string grammar = "root ::= (" + string.Join('|', Enumerable.Repeat("\"a\"", 10_000)) + "){300}\n";
        Assert.Throws<OperationCanceledException>(() => Grammar.ParseGbnf(grammar, given.Token));
        Assert.Throws<OperationCanceledException>(() => Grammar.ParseJsonSchema(Nest(200, inner => $$"""{"type": "array", "items": {{inner}}}"""), given.Token));
    }

    private static string Nest(int depth, Func<string, string> wrap)
    {
        string inner = "true";
        for (int i = 0; i < depth; i++)
        {
            inner = wrap(inner);
        }

        return inner;
    }

    private static void Refused(Action action, string problem) => Assert.Contains(problem, Refusal(action), StringComparison.Ordinal);

    private static string Refusal(Action action)
    {
        string message = Assert.Throws<InvalidOptionException>(action).Message;
        Assert.True(message.Length < 1000, $"the message has {message.Length} characters");
        return message;
    }
}
