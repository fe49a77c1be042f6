using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Winnow.Sampling;

namespace Winnow.Tests.Sampling;

public class JsonSchemaTests
{
    private const string Person = """
        {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0, "maximum": 120}, "tags": {"type": "array", "items": {"enum": ["x", "y"]}, "maxItems": 2}}, "required": ["name", "tags"]}
        """;

    [Theory]
    [InlineData("true", """{"a": [1, -2.5e3, "é\n\u00e9", true, false, null, {}]}""", true)]
    [InlineData("{}", "[]", true)]
    [InlineData("{}", "[1,]", false)]
    [InlineData("{}", "01", false)]
    [InlineData("{}", "\"a\nb\"", false)]
    [InlineData("""{"type": "boolean"}""", "true", true)]
    [InlineData("""{"type": "boolean"}""", "null", false)]
    [InlineData("""{"type": ["string", "null"]}""", "null", true)]
    [InlineData("""{"const": {"a": [1, "é😀"]}}""", """{"a":[1,"é😀"]}""", true)]
    [InlineData("""{"enum": ["red", 5, null]}""", "5", true)]
    [InlineData("""{"enum": ["red", 5, null]}""", "\"blue\"", false)]
    [InlineData(Person, """{"name": "Ann", "age": 30, "tags": ["x"]}""", true)]
    [InlineData(Person, """{"name":"Ann","tags":[]}""", true)]
    [InlineData(Person, """{"name": "Ann", "tags": ["x", "y", "x"]}""", false)]
    [InlineData(Person, """{"name": "Ann", "age": 121, "tags": []}""", false)]
    [InlineData(Person, """{"tags": [], "name": "Ann"}""", false)]
    [InlineData(Person, """{"name": "Ann"}""", false)]
    [InlineData(Person, """{"name": "Ann", "tags": [], "more": 1}""", false)]
    [InlineData(Person, "{\n  \"name\": \"Ann\",\n  \"tags\": [\n    \"x\"\n  ]\n}", true)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}}""", "{}", true)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}}""", """{"b": 1}""", true)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}}""", """{"a": 1, "c": 2}""", true)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}}""", """{"c": 1, "a": 2}""", false)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"]}""", """{"a": 1}""", false)]
    [InlineData("""{"properties": {"a": {}, "b": {}, "c": {}}, "required": ["c"]}""", """{"b": 1, "c": 2}""", true)]
    [InlineData("""{"properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}}""", """{"ab": null, "a": 1, "abc": 2, "x": 3}""", true)]
    [InlineData("""{"properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}}""", """{"x": 3}""", true)]
    [InlineData("""{"properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}}""", """{"ab": 3}""", false)]
    [InlineData("""{"properties": {"ab": {"type": "null"}}, "additionalProperties": {"type": "integer"}}""", """{"x": "s"}""", false)]
    [InlineData("""{"type": "object", "additionalProperties": false}""", "{}", true)]
    [InlineData("""{"type": "object", "additionalProperties": false}""", """{"a": 1}""", false)]
    [InlineData("""{"type": "object", "required": ["k"]}""", """{"k": 1, "l": 2}""", true)]
    [InlineData("""{"type": "object", "required": ["k"]}""", """{"l": 2}""", false)]
    [InlineData("""{"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "integer"}}""", "[1, 2]", true)]
    [InlineData("""{"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "integer"}}""", "[1]", false)]
    [InlineData("""{"type": "array", "minItems": 2, "maxItems": 3, "items": {"type": "integer"}}""", "[1,2,3,4]", false)]
    [InlineData("""{"type": "array", "maxItems": 0}""", "[]", true)]
    [InlineData("""{"type": "array", "maxItems": 0}""", "[1]", false)]
    [InlineData("""{"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 1}""", """["a", 1]""", true)]
    [InlineData("""{"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 1}""", """["a"]""", true)]
    [InlineData("""{"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 1}""", """["a", 1, 2]""", false)]
    [InlineData("""{"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": false, "minItems": 1}""", "[]", false)]
    [InlineData("""{"prefixItems": [{"type": "string"}], "items": {"type": "null"}, "minItems": 3}""", """["a", null, null, null]""", true)]
    [InlineData("""{"prefixItems": [{"type": "string"}], "items": {"type": "null"}, "minItems": 3}""", """["a", null]""", false)]
    [InlineData("""{"type": "string", "minLength": 1, "maxLength": 2}""", "\"é😀\"", true)]
    [InlineData("""{"type": "string", "minLength": 1, "maxLength": 2}""", "\"\"", false)]
    [InlineData("""{"type": "string", "minLength": 1, "maxLength": 2}""", "\"abc\"", false)]
    [InlineData("""{"type": "string", "pattern": "^[A-Z]{2}-\\d+(a|b)?$"}""", "\"AB-12a\"", true)]
    [InlineData("""{"type": "string", "pattern": "^[A-Z]{2}-\\d+(a|b)?$"}""", "\"AB-\"", false)]
    [InlineData("""{"type": "string", "pattern": "b+"}""", "\"abbc\"", true)]
    [InlineData("""{"type": "string", "pattern": "b+"}""", "\"ac\"", false)]
    [InlineData("""{"type": "string", "pattern": "^a\"b$"}""", "\"a\\\"b\"", true)]
    [InlineData("""{"type": "string", "format": "date"}""", "\"2026-01-15\"", true)]
    [InlineData("""{"type": "string", "format": "date"}""", "\"2026-13-15\"", false)]
    [InlineData("""{"type": "string", "format": "date-time"}""", "\"2026-01-15T12:00:00.5Z\"", true)]
    [InlineData("""{"type": "number", "minimum": 0}""", "0.5", true)]
    [InlineData("""{"type": "number", "minimum": 0}""", "-1", false)]
    [InlineData("""{"type": "integer"}""", "1.5", false)]
    [InlineData("""{"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"v": {"type": "integer"}}}]}""", """{"v": 1}""", true)]
    [InlineData("""{"oneOf": [{"const": "a"}, {"const": "b"}]}""", "\"b\"", true)]
    [InlineData("""{"allOf": [{"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}, {"properties": {"b": {"type": "null"}}, "required": ["b"]}]}""", """{"a": null, "b": null}""", true)]
    [InlineData("""{"allOf": [{"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}, {"properties": {"b": {"type": "null"}}, "required": ["b"]}]}""", """{"a": null}""", false)]
    [InlineData("""{"$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}, "$ref": "#/$defs/tree"}""", """{"v": 1, "kids": [{"v": 2, "kids": [{"v": 3}]}]}""", true)]
    [InlineData("""{"$defs": {"tree": {"type": "object", "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}}}, "required": ["v"]}}, "$ref": "#/$defs/tree"}""", """{"v": 1, "kids": [{"kids": []}]}""", false)]
    [InlineData("""{"properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}}""", """{"next": {"next": null}}""", true)]
    public void A_text_is_judged_as_the_schema_says(string schema, string text, bool isValid)
    {
        string judged = GrammarTexts.Judge(Grammar.FromJsonSchema(JsonNode.Parse(schema)), text);
        Assert.Equal(isValid, judged == "whole");
    }

    [Theory]
    [InlineData(0, 9)]
    [InlineData(-7, 12)]
    [InlineData(95, 1003)]
    [InlineData(-130, -5)]
    [InlineData(17, 17)]
    [InlineData(0, 0)]
    [InlineData(100, 999)]
    public void Integers_are_allowed_exactly_within_their_bounds(int minimum, int maximum)
    {
        Grammar grammar = Grammar.FromJsonSchema(JsonNode.Parse($$"""{"type": "integer", "minimum": {{minimum}}, "maximum": {{maximum}}}"""));
        for (int i = -1100; i <= 1100; i++)
        {
            bool isWhole = GrammarTexts.Judge(grammar, i.ToString(CultureInfo.InvariantCulture)) == "whole";
            Assert.True(isWhole == (i >= minimum && i <= maximum), $"{i}");
        }

        Assert.NotEqual("whole", GrammarTexts.Judge(grammar, "00"));
    }

    [Theory]
    [InlineData("""{"exclusiveMinimum": 2, "maximum": 4.5, "type": "integer"}""", "3 4")]
    [InlineData("""{"minimum": 1.5, "exclusiveMaximum": 4, "type": "integer"}""", "2 3")]
    [InlineData("""{"minimum": 8, "type": "integer"}""", "8 9 10")]
    [InlineData("""{"maximum": -9, "type": "integer"}""", "-10 -9")]
    public void Bounds_may_exclude_or_be_open(string schema, string allowed)
    {
        Grammar grammar = Grammar.FromJsonSchema(JsonNode.Parse(schema));
        IEnumerable<string> found = Enumerable.Range(-10, 21).Select(i => i.ToString(CultureInfo.InvariantCulture))
            .Where(text => GrammarTexts.Judge(grammar, text) == "whole");
        Assert.Equal(allowed, string.Join(' ', found));
    }

    [Theory]
    [InlineData("""{"not": {"type": "null"}}""", "#: the keyword 'not' is not supported")]
    [InlineData("""{"not": {}}""", "#/not: allows nothing")]
    [InlineData("""{"properties": {"a": {"type": "strnig"}}}""", "#/properties/a: 'strnig' is no type")]
    [InlineData("""{"$ref": "#/$defs/x"}""", "leads nowhere")]
    [InlineData("""{"$ref": "http://x/y"}""", "not within the schema")]
    [InlineData("""{"type": "string", "pattern": "(?=a)"}""", "only groups")]
    [InlineData("""{"type": "string", "pattern": "a\\b"}""", "is not supported in patterns")]
    [InlineData("""{"type": "array", "minItems": 3, "maxItems": 2}""", "does not exist")]
    [InlineData("""{"type": "number", "minimum": 3, "exclusiveMaximum": 3}""", "no number")]
    [InlineData("""{"type": "string", "maxLength": -1}""", "no count")]
    [InlineData("""{"enum": []}""", "must not be empty")]
    [InlineData("""{"enum": 3}""", "must be an array")]
    [InlineData("false", "allows nothing")]
    [InlineData("3", "a schema is an object")]
    [InlineData("null", "a schema is an object")]
    [InlineData("""{"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}""", "begins with itself")]
    public void What_cannot_be_promised_is_refused(string schema, string problem) => Assert.Contains(
        problem, Assert.Throws<InvalidOptionException>(() => Grammar.FromJsonSchema(JsonNode.Parse(schema))).Message, StringComparison.Ordinal);

    [Fact]
    public void Whatever_a_model_chooses_the_result_is_valid()
    {
        const int Seed = 31337;
        Random random = new(Seed);
        const string Schema = """
            {"type": "object", "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 40}, "name": {"type": "string", "minLength": 2, "maxLength": 5},
             "code": {"type": "string", "pattern": "^[A-F]{3}\\d?$"}, "list": {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 3}},
             "required": ["id", "code"], "additionalProperties": {"enum": [1, "two"]}}
            """;
        Grammar grammar = Grammar.FromJsonSchema(JsonNode.Parse(Schema));
        for (int round = 0; round < 200; round++)
        {
            GrammarConstraint constraint = new(grammar, GrammarTexts.Bytes);
            List<byte> text = [];
            float[] logits = new float[257];
            while (true)
            {
                logits.AsSpan().Clear();
                constraint.Apply(logits);
                int[] allowed = [.. Enumerable.Range(0, 257).Where(token => logits[token] == 0)];
                Assert.NotEmpty(allowed);

                // Closing where that is possible keeps random texts short.
                int[] closing = [.. allowed.Where(token => token is '"' or '}' or GrammarTexts.End)];
                int token = closing.Length > 0 && random.Next(3) == 0 ? closing[random.Next(closing.Length)] : allowed[random.Next(allowed.Length)];
                if (token == GrammarTexts.End)
                {
                    break;
                }

                constraint.Accept(token);
                text.Add((byte)token);
            }

            string json = Encoding.UTF8.GetString([.. text]);
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement value = document.RootElement;
            Assert.True(value.GetProperty("id").GetInt32() is >= 1 and <= 40, json);
            Assert.True(Regex.IsMatch(value.GetProperty("code").GetString()!, "^[A-F]{3}\\d?$"), json);
            if (value.TryGetProperty("list", out JsonElement list))
            {
                Assert.True(list.GetArrayLength() is >= 1 and <= 3, json);
            }

            if (value.TryGetProperty("name", out JsonElement name))
            {
                Assert.True(name.GetString()!.EnumerateRunes().Count() is >= 2 and <= 5, json);
            }
        }
    }
}
