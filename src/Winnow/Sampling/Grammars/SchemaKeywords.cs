using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>
/// The keywords for which no rule is made although they limit what is valid: to ignore them would break the promise of a schema, so
/// they are refused, except where they decide nothing.
/// </summary>
internal static class SchemaKeywords
{
    /// <summary>Refuses what is not supported for values of any type.</summary>
    public static void CheckAlways(SchemaPart part)
    {
        Refuse(part, "$dynamicRef", _ => false);
        Refuse(part, "$recursiveRef", _ => false);
        Refuse(part, "not", value => IsAnything(value) || IsNothing(value));
        Refuse(part, "if", value => IsAnything(value) && part["then"] is not { } || (part["then"] is null && part["else"] is null));
    }

    /// <summary>Refuses what is not supported for objects of at least <paramref name="minimum"/> and at most <paramref name="maximum"/> members.</summary>
    public static void CheckObject(SchemaPart part, int minimum, int? maximum)
    {
        Refuse(part, "patternProperties", value => value is JsonObject { Count: 0 });
        Refuse(part, "propertyNames", IsAnything);
        Refuse(part, "dependentRequired", value => value is JsonObject { Count: 0 });
        Refuse(part, "dependentSchemas", value => value is JsonObject { Count: 0 });
        Refuse(part, "dependencies", value => value is JsonObject { Count: 0 });
        Refuse(part, "minProperties", value => SchemaNumber.TryRead(value, out decimal least) && least <= minimum);
        Refuse(part, "maxProperties", value => SchemaNumber.TryRead(value, out decimal most) && most >= maximum);
    }

    /// <summary>Refuses what is not supported for arrays of at most <paramref name="maximum"/> items.</summary>
    public static void CheckArray(SchemaPart part, int? maximum)
    {
        Refuse(part, "contains", value => SchemaNumber.TryRead(part["minContains"], out decimal least) && least == 0 && part["maxContains"] is null);
        Refuse(part, "uniqueItems", value => maximum <= 1 || value?.GetValueKind() == JsonValueKind.False);
    }

    /// <summary>Refuses what is not supported for numbers.</summary>
    public static void CheckNumber(SchemaPart part) =>
        Refuse(part, "multipleOf", value => SchemaNumber.TryRead(value, out decimal unit) && unit == 1);

    /// <summary>Refuses what is not supported for one type or another, for a value of any type and size.</summary>
    public static void CheckAny(SchemaPart part)
    {
        CheckObject(part, 0, null);
        CheckArray(part, null);
        Refuse(part, "multipleOf", _ => false);
        Refuse(part, "unevaluatedProperties", IsAnything);
        Refuse(part, "unevaluatedItems", IsAnything);
    }

    /// <summary>Whether a part rules out every value, as <c>"not": {}</c> does.</summary>
    public static bool DenyEverything(List<SchemaPart> parts) => parts.Exists(part => part.Keywords.TryGetPropertyValue("not", out JsonNode? not) && IsAnything(not));

    /// <summary>Whether a schema allows every value: <c>true</c>, or an object that says nothing.</summary>
    public static bool IsAnything(JsonNode? schema) => schema is JsonObject { Count: 0 } || schema?.GetValueKind() == JsonValueKind.True;

    private static bool IsNothing(JsonNode? schema) => schema?.GetValueKind() == JsonValueKind.False;

    private static void Refuse(SchemaPart part, string name, Func<JsonNode?, bool> decidesNothing)
    {
        if (part.Keywords.TryGetPropertyValue(name, out JsonNode? value) && !decidesNothing(value))
        {
            throw JsonSchemaConverter.Fail(part.Place, $"the keyword '{name}' is not supported");
        }
    }
}
