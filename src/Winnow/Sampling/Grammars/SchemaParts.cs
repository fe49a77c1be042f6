using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>Takes schemas apart into the objects all of which a value must satisfy.</summary>
internal static class SchemaParts
{
    /// <summary>The parts of several schemas, with what they refer to and what stands in their <c>allOf</c>; each object once, in reading order.</summary>
    /// <returns>The parts, or null where one of them is <c>false</c>.</returns>
    public static List<SchemaPart>? Flatten(SchemaTree tree, Budget budget, IEnumerable<(JsonNode? Node, string Place)> schemas)
    {
        List<SchemaPart> parts = [];
        return Add(tree, budget, parts, [.. schemas.Select(schema => (schema.Node, schema.Place, (SchemaPart?)null))]) ? parts : null;
    }

    /// <summary>The same for one more schema beside parts that are taken apart already: one that <paramref name="origin"/> offers.</summary>
    public static List<SchemaPart>? With(SchemaTree tree, Budget budget, List<SchemaPart> parts, JsonNode? node, string place, SchemaPart origin) =>
        Add(tree, budget, parts, [(node, place, origin)]) ? parts : null;

    /// <summary>The first part that still offers several schemas.</summary>
    public static (int Index, string Keyword)? FindChoice(List<SchemaPart> parts)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i]["anyOf"] is not null && !parts[i].Done.HasFlag(SchemaChoices.AnyOf))
            {
                return (i, "anyOf");
            }

            if (parts[i]["oneOf"] is not null && !parts[i].Done.HasFlag(SchemaChoices.OneOf))
            {
                return (i, "oneOf");
            }
        }

        return null;
    }

    private static bool Add(SchemaTree tree, Budget budget, List<SchemaPart> parts, (JsonNode? Node, string Place, SchemaPart? Origin)[] schemas)
    {
        HashSet<int> seen = [.. parts.Select(part => tree.Id(part.Keywords))];
        Stack<(JsonNode? Node, string Place, SchemaPart? Origin)> open = new(schemas.Reverse());
        while (open.TryPop(out (JsonNode? Node, string Place, SchemaPart? Origin) at))
        {
            budget.Charge(4);
            if (at.Node is JsonValue flag && flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
            {
                if (flag.GetValueKind() == JsonValueKind.False)
                {
                    return false;
                }

                continue;
            }

            JsonObject keywords = at.Node as JsonObject ?? throw JsonSchemaConverter.Fail(at.Place, "a schema is an object, true or false");
            if (!seen.Add(tree.Id(keywords)))
            {
                CheckOrigins(budget, keywords, at.Origin);
                continue;
            }

            SchemaPart part = new(keywords, at.Place, at.Origin);
            parts.Add(part);
            CheckBase(tree, part);
            if (part["allOf"] is { } allOf)
            {
                JsonArray all = JsonSchemaConverter.Array(allOf, part.At("allOf"));
                for (int i = all.Count - 1; i >= 0; i--)
                {
                    open.Push((all[i], $"{part.At("allOf")}/{i}", part));
                }
            }

            if (part.Keywords.TryGetPropertyValue("$ref", out JsonNode? reference))
            {
                string target = JsonSchemaConverter.ReadText(reference, part.At("$ref"));
                open.Push((tree.Resolve(target, part.Place), target, part));
            }
        }

        return true;
    }

    // One schema twice is one limit, but a schema that is itself or something else says nothing.
    private static void CheckOrigins(Budget budget, JsonObject keywords, SchemaPart? origin)
    {
        for (SchemaPart? part = origin; part is not null; part = part.Origin)
        {
            budget.Charge(1);
            if (ReferenceEquals(part.Keywords, keywords))
            {
                throw JsonSchemaConverter.Fail(part.Place, "the schema begins with itself: a reference leads back to it before any value is read");
            }
        }
    }

    // References inside of such a schema would have to be looked up in it, not in the whole.
    private static void CheckBase(SchemaTree tree, SchemaPart part)
    {
        if (!tree.IsRoot(part.Keywords) && part["$id"] is { } id && id.GetValueKind() == JsonValueKind.String && !id.GetValue<string>().StartsWith('#'))
        {
            throw JsonSchemaConverter.Fail(part.Place, "an '$id' within the schema is not supported");
        }
    }
}
