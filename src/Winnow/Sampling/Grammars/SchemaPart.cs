using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>The keywords of one schema object, all of which a value must satisfy.</summary>
/// <param name="Keywords">The object.</param>
/// <param name="Place">Where it stands, for errors: <c>#/properties/a</c>.</param>
/// <param name="Origin">The schema that refers to this one, or lists it as one of several; null where a place of the value begins.</param>
/// <param name="Done">Which keywords are taken care of elsewhere, so that they count no more here.</param>
internal sealed record SchemaPart(JsonObject Keywords, string Place, SchemaPart? Origin, SchemaChoices Done = SchemaChoices.None)
{
    /// <summary>A keyword's value; null, too, where it is absent.</summary>
    public JsonNode? this[string name] => Keywords[name];

    /// <summary>The place of a keyword.</summary>
    public string At(string name) => $"{Place}/{name}";
}

/// <summary>Keywords that offer several schemas.</summary>
[Flags]
internal enum SchemaChoices
{
    None = 0,
    AnyOf = 1,
    OneOf = 2,
}
