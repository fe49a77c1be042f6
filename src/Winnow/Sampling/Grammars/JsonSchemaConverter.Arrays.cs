using System.Text.Json.Nodes;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Arrays.</summary>
internal sealed partial class JsonSchemaConverter
{
    private GrammarExpression? VisitArray(List<SchemaPart> parts)
    {
        int minimum = SchemaNumber.Least(parts, "minItems");
        int? maximum = SchemaNumber.Most(parts, "maxItems");
        int own = parts.Max(part => Prefix(part).Count);
        CheckUnevaluated(parts);
        GrammarExpression? other = Visit(ItemSchemas(own, parts));
        maximum = other is null ? Math.Min(maximum ?? int.MaxValue, own) : maximum;

        // The items with schemas of their own; where one can have no value, the array ends before it.
        List<GrammarExpression> items = [];
        for (int i = 0; i < own && !(i >= maximum); i++)
        {
            _budget.Charge(parts.Count);
            if (Visit(ItemSchemas(i, parts)) is { } item)
            {
                items.Add(Named(Sequence(item, Rule(JsonGrammar.Space))));
            }
            else
            {
                maximum = i;
            }
        }

        foreach (SchemaPart part in parts)
        {
            SchemaKeywords.CheckArray(part, maximum);
        }

        if (maximum < minimum)
        {
            return Nothing(parts[0].Place, $"an array of at least {minimum} and at most {maximum} items does not exist");
        }

        GrammarExpression comma = JsonGrammar.Spaced(",");
        own = items.Count;
        GrammarExpression rest = Empty;
        if (other is not null && !(maximum <= own))
        {
            other = Named(Sequence(other, Rule(JsonGrammar.Space)));
            rest = new RepetitionExpression(Sequence(comma, other), Math.Max(minimum - Math.Max(own, 1), 0), maximum - Math.Max(own, 1));
            if (own == 0)
            {
                items.Add(other);
            }
        }

        for (int i = own - 1; i >= 1; i--)
        {
            GrammarExpression item = Sequence(comma, items[i], rest);
            rest = Named(i < minimum ? item : Optional(item));
        }

        GrammarExpression content = items.Count == 0 ? Empty : Sequence(items[0], rest);
        return Sequence(JsonGrammar.Spaced("["), minimum == 0 ? Optional(content) : content, Text("]"));
    }

    private static JsonArray Prefix(SchemaPart part) => part["prefixItems"] is { } prefix ? Array(prefix, part.At("prefixItems"))
        : part["items"] as JsonArray ?? [];

    /// <summary>What each part says about the item at an index.</summary>
    private static List<(JsonNode? Node, string Place)> ItemSchemas(int index, List<SchemaPart> parts)
    {
        List<(JsonNode? Node, string Place)> schemas = [];
        foreach (SchemaPart part in parts)
        {
            // Drafts before 2020 list the first items in "items", and call those behind them additional.
            string rest = part["items"] is JsonArray ? "additionalItems" : "items";
            JsonArray prefix = Prefix(part);
            if (index < prefix.Count)
            {
                schemas.Add((prefix[index], $"{part.At(part["prefixItems"] is null ? "items" : "prefixItems")}/{index}"));
            }
            else if (part[rest] is { } items)
            {
                schemas.Add((items, part.At(rest)));
            }
        }

        return schemas;
    }

    private static void CheckUnevaluated(List<SchemaPart> parts)
    {
        foreach (SchemaPart part in parts)
        {
            if (part["unevaluatedItems"] is { } rest && !SchemaKeywords.IsAnything(rest) && part["items"] is null or JsonArray)
            {
                throw Fail(part.Place, "the keyword 'unevaluatedItems' is not supported, other than true");
            }
        }
    }
}
