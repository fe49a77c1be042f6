using System.Text;
using Winnow.Fuzz.Mutation;
using Winnow.Fuzz.Running;
using Winnow.Sampling;

namespace Winnow.Fuzz.Surfaces;

/// <summary>JSON schemas, compiled and followed: no text may lead to where nothing is allowed.</summary>
internal sealed class SchemaSurface : Surface
{
    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":20},"age":{"type":"integer","minimum":0,"maximum":150},"tags":{"type":"array","items":{"type":"string"},"minItems":1,"maxItems":3}},"required":["name","age"],"additionalProperties":false}""",
        """{"$defs":{"node":{"type":"object","properties":{"value":{"type":"number"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["value"]}},"$ref":"#/$defs/node"}""",
        """{"anyOf":[{"type":"string","pattern":"^[a-z]{2,4}-[0-9]+$"},{"type":"string","format":"date-time"},{"enum":["a",1,null,[1,{"b":2}]]},{"const":{"x":true}}]}""",
        """{"type":"array","prefixItems":[{"type":"integer"},{"type":"boolean"}],"items":{"type":["string","null"]},"minItems":2,"maxItems":5}""",
        """{"allOf":[{"type":"object","properties":{"a":{"type":"number","exclusiveMinimum":-1.5,"exclusiveMaximum":100.25}}},{"required":["a"]},{"properties":{"b":{"type":"string","format":"uuid"}}}],"additionalProperties":{"type":"integer"}}""",
        """{"oneOf":[{"type":"object","properties":{"kind":{"const":"x"},"v":{"type":"integer"}},"required":["kind"]},{"type":"object","properties":{"kind":{"const":"y"}},"required":["kind"]}],"title":"t","description":"d","default":null}""",
        """{"type":"string","pattern":"^(?:a|b\\d+)*[^\\s\\w]?\\u00e9.{0,3}$"}""",
        """{"type":"integer","minimum":-120,"maximum":4500}""",
    ];

    private static readonly string[] Names =
    [
        "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "minProperties", "maxProperties", "uniqueItems", "contains", "minContains", "unevaluatedProperties", "multipleOf", "$anchor", "$id", "$schema",
        "$dynamicRef", "definitions", "nullable", "examples", "contentEncoding", "additionalItems", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "readOnly", "discriminator",
    ];

    private static readonly string[] Values =
    [
        "true", "false", "null", "{}", "[]", "0", "-0", "1", "-1", "1.5", "1e30", "-1e30", "1e-30", "100000", "100001", "9007199254740993", "1e400", "\"string\"", "\"integer\"", "\"number\"", "\"object\"", "\"array\"", "\"null\"", "\"boolean\"", "\"any\"", "\"#\"", "\"#/$defs/node\"",
        "\"#/properties/name\"", "\"#/anyOf/0\"", "\"http://x/y\"", "\"date\"", "\"time\"", "\"email\"", "\"^a\"", "\"a$\"", "\".*\"", "\"(a+)+$\"", "\"[a-\"", "\"\\\\p{L}+\"", "\"(?=a)b\"", "\"(?<n>a)\\\\k<n>\"", "\"[\\\\ud83d\\\\ude00]\"", "\"a{1000}\"", "\"(a{100}){100}\"", "\"\\\\bx\\\\B\"",
        "\"\"", "\"é😀\"", "[\"string\",\"integer\"]", "[\"a\",\"b\"]", "[true,false]", "[{},{}]", """{"$ref":"#"}""", """{"type":"string"}""", """{"not":{}}""", """{"enum":[1,2]}""", """{"type":"array","items":{"$ref":"#"}}""", """{"pattern":"^x"}""",
    ];

    private readonly JsonMutator _mutator = new(Schemas, Names, Values);

    public override string Name => "schema";

    public override IReadOnlyList<byte[]> Seeds => [.. Schemas.Select(Encoding.UTF8.GetBytes)];

    public override byte[] Make(InputRandom random) => _mutator.Mutate(random);

    protected override void Use(ReadOnlySpan<byte> input)
    {
        Grammar grammar = Grammar.ParseJsonSchema(Encoding.UTF8.GetString(input));
        Accept();
        if (!GrammarWalk.Follow(grammar, input.Length))
        {
            throw new InvalidOperationException("the grammar of a schema leads to where nothing is allowed");
        }
    }
}
