using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>The types that a value may have; a number is an integer or has a fraction.</summary>
[Flags]
internal enum SchemaTypes
{
    None = 0,
    Object = 1,
    Array = 2,
    String = 4,
    Integer = 8,
    Fraction = 16,
    Boolean = 32,
    Null = 64,
    Number = Integer | Fraction,
    All = 127,
}

/// <summary>Reads the types that schemas name, and those that their other keywords are about.</summary>
internal static class SchemaTypeReader
{
    private static readonly (SchemaTypes Types, string[] Keywords)[] Hints =
    [
        (SchemaTypes.Object, ["properties", "required", "additionalProperties"]),
        (SchemaTypes.Array, ["items", "prefixItems", "minItems", "maxItems"]),
        (SchemaTypes.String, ["pattern", "minLength", "maxLength", "format"]),
        (SchemaTypes.Number, ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
    ];

    /// <summary>The types that the keyword <c>type</c> of all parts allows.</summary>
    public static SchemaTypes Named(IReadOnlyList<SchemaPart> parts)
    {
        SchemaTypes types = SchemaTypes.All;
        foreach (SchemaPart part in parts)
        {
            types &= part["type"] switch
            {
                null => SchemaTypes.All,
                JsonArray several => several.Aggregate(SchemaTypes.None, (known, type) => known | Parse(type, part)),
                JsonNode one => Parse(one, part),
            };
        }

        return types;
    }

    /// <summary>
    /// The types that a model is to write: those named or, where none is, the one that the other keywords are about, although
    /// these would hold for values of any other type.
    /// </summary>
    public static SchemaTypes Meant(IReadOnlyList<SchemaPart> parts)
    {
        SchemaTypes named = Named(parts);
        if (parts.Any(part => part["type"] is not null))
        {
            return named;
        }

        SchemaTypes hint = Array.Find(Hints, hint => parts.Any(part => Array.Exists(hint.Keywords, part.Keywords.ContainsKey))).Types;
        return hint == SchemaTypes.None ? named : hint;
    }

    /// <summary>The type of a value.</summary>
    public static SchemaTypes Of(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => SchemaTypes.Object,
        JsonValueKind.Array => SchemaTypes.Array,
        JsonValueKind.String => SchemaTypes.String,
        JsonValueKind.Number => SchemaNumber.IsInteger(value) ? SchemaTypes.Integer : SchemaTypes.Fraction,
        JsonValueKind.True or JsonValueKind.False => SchemaTypes.Boolean,
        _ => SchemaTypes.Null,
    };

    private static SchemaTypes Parse(JsonNode? type, SchemaPart part) => JsonSchemaConverter.ReadText(type, part.At("type")) switch
    {
        "object" => SchemaTypes.Object,
        "array" => SchemaTypes.Array,
        "string" => SchemaTypes.String,
        "integer" => SchemaTypes.Integer,
        "number" => SchemaTypes.Number,
        "boolean" => SchemaTypes.Boolean,
        "null" => SchemaTypes.Null,
        "any" => SchemaTypes.All,
        string other => throw JsonSchemaConverter.Fail(
            part.Place, $"'{Quoted.Cut(other)}' is no type; there are object, array, string, integer, number, boolean and null"),
    };
}
