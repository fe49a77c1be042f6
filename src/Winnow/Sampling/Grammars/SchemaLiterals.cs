using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>Judges the values that a schema spells out, in <c>enum</c> and <c>const</c>, by its other keywords.</summary>
internal sealed class SchemaLiterals(SchemaTree tree, Budget budget)
{
    private static readonly string[] NotJudged = ["propertyNames", "dependentSchemas", "dependencies", "contains", "unevaluatedProperties", "unevaluatedItems", "patternProperties"];

    private readonly Dictionary<string, GrammarMatcher> _patterns = new(StringComparer.Ordinal);

    /// <summary>Which values are being judged by which keywords, by reference.</summary>
    private readonly HashSet<(JsonNode? Value, JsonObject Keywords)> _open = [];

    /// <summary>The values that the first <c>enum</c> or <c>const</c> of the parts lists.</summary>
    public List<JsonNode?> ValuesOf(IReadOnlyList<SchemaPart> parts)
    {
        foreach (SchemaPart part in parts)
        {
            if (part.Keywords.TryGetPropertyValue("const", out JsonNode? constant))
            {
                return [constant];
            }

            if (part.Keywords.TryGetPropertyValue("enum", out JsonNode? values))
            {
                JsonArray items = JsonSchemaConverter.Array(values, part.At("enum"));
                budget.Charge(items.Count);
                return items.Count > 0 ? [.. items] : throw JsonSchemaConverter.Fail(part.At("enum"), "must not be empty");
            }
        }

        return [];
    }

    /// <summary>Whether a value satisfies all parts, whatever is done about them elsewhere.</summary>
    public bool Satisfies(JsonNode? value, IEnumerable<SchemaPart> parts) => parts.All(part => Satisfies(value, part));

    /// <summary>Whether a value satisfies a schema.</summary>
    public bool Satisfies(JsonNode? value, JsonNode? schema, string place) =>
        SchemaParts.Flatten(tree, budget, [(schema, place)]) is { } parts && Satisfies(value, parts);

    private bool Satisfies(JsonNode? value, SchemaPart part)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw JsonSchemaConverter.Fail(part.Place, "the schema nests too deeply");
        }

        // A choice of itself says nothing of a value, however often it is asked.
        if (!_open.Add((value, part.Keywords)))
        {
            throw JsonSchemaConverter.Fail(part.Place, "the schema begins with itself");
        }

        bool satisfies = IsAllowed(value, part);
        _open.Remove((value, part.Keywords));
        return satisfies;
    }

    private bool IsAllowed(JsonNode? value, SchemaPart part)
    {
        budget.Charge(4);
        SchemaKeywords.CheckAlways(part);
        return (part["type"] is null || (SchemaTypeReader.Named([part]) & SchemaTypeReader.Of(value)) != SchemaTypes.None)
            && IsListed(value, part)
            && !SchemaKeywords.DenyEverything([part])
            && IsOneOf(value, part)
            && SchemaTypeReader.Of(value) switch
            {
                SchemaTypes.Object => IsObject(value!.AsObject(), part),
                SchemaTypes.Array => IsArray(value!.AsArray(), part),
                SchemaTypes.String => IsText(value!.GetValue<string>(), part),
                SchemaTypes.Integer or SchemaTypes.Fraction => IsNumber(value!, part),
                _ => true,
            };
    }

    private bool IsListed(JsonNode? value, SchemaPart part)
    {
        if (part.Keywords.TryGetPropertyValue("const", out JsonNode? constant) && !AreEqual(constant, value, part))
        {
            return false;
        }

        return part["enum"] is not { } values || JsonSchemaConverter.Array(values, part.At("enum")).Any(item => AreEqual(item, value, part));
    }

    private bool AreEqual(JsonNode? left, JsonNode? right, SchemaPart part)
    {
        budget.Charge(1);
        if (SchemaNumber.TryRead(left, out decimal first) && SchemaNumber.TryRead(right, out decimal second))
        {
            return first == second;
        }

        try
        {
            return JsonNode.DeepEquals(left, right);
        }
        catch (InsufficientExecutionStackException)
        {
            throw JsonSchemaConverter.Fail(part.Place, "the schema nests too deeply");
        }
    }

    private bool IsOneOf(JsonNode? value, SchemaPart part)
    {
        int Count(string name) => JsonSchemaConverter.Array(part[name], part.At(name)).Count(item => Satisfies(value, item, part.At(name)));
        return (part["anyOf"] is null || Count("anyOf") > 0) && (part["oneOf"] is null || Count("oneOf") == 1);
    }

    private bool IsObject(JsonObject value, SchemaPart part)
    {
        RefuseUnknown(part);
        SchemaKeywords.CheckObject(part, value.Count, value.Count);
        if (part["required"] is { } required
            && !JsonSchemaConverter.Array(required, part.At("required")).All(name => value.ContainsKey(JsonSchemaConverter.ReadText(name, part.At("required")))))
        {
            return false;
        }

        JsonObject properties = part["properties"] as JsonObject ?? [];
        return value.All(member => properties.TryGetPropertyValue(member.Key, out JsonNode? own) ? Satisfies(member.Value, own, part.At("properties"))
            : part["additionalProperties"] is not { } additional || Satisfies(member.Value, additional, part.At("additionalProperties")));
    }

    private bool IsArray(JsonArray value, SchemaPart part)
    {
        RefuseUnknown(part);
        SchemaKeywords.CheckArray(part, value.Count);
        if (value.Count < SchemaNumber.Least([part], "minItems") || value.Count > SchemaNumber.Most([part], "maxItems"))
        {
            return false;
        }

        JsonArray prefix = part["prefixItems"] as JsonArray ?? part["items"] as JsonArray ?? [];
        JsonNode? rest = part["items"] is JsonArray ? part["additionalItems"] : part["items"];
        return value.Index().All(item => item.Index < prefix.Count ? Satisfies(item.Item, prefix[item.Index], part.At("prefixItems"))
            : rest is null || Satisfies(item.Item, rest, part.At("items")));
    }

    private bool IsText(string value, SchemaPart part)
    {
        int length = value.EnumerateRunes().Count();
        return length >= SchemaNumber.Least([part], "minLength") && !(length > SchemaNumber.Most([part], "maxLength"))
            && SchemaFormats.Patterns([part]).All(pattern => Matches(value, pattern.Pattern, pattern.Place));
    }

    private static bool IsNumber(JsonNode value, SchemaPart part)
    {
        (SchemaNumber.Bound? lower, SchemaNumber.Bound? upper) = SchemaNumber.Bounds([part]);
        bool isKnown = SchemaNumber.TryRead(value, out decimal number);
        if (part["multipleOf"] is { } multiple)
        {
            return isKnown && SchemaNumber.TryRead(multiple, out decimal unit) && unit > 0 ? number % unit == 0
                : throw JsonSchemaConverter.Fail(part.Place, "the keyword 'multipleOf' is not supported");
        }

        return (lower is null && upper is null) || (isKnown
            && (lower is not { } least || number > least.Value || (number == least.Value && least.IsIncluded))
            && (upper is not { } most || number < most.Value || (number == most.Value && most.IsIncluded)));
    }

    /// <summary>Whether a text matches a pattern: whether the grammar of the pattern's JSON strings has it.</summary>
    private bool Matches(string value, string pattern, string place)
    {
        if (!_patterns.TryGetValue(pattern, out GrammarMatcher? matcher))
        {
            Dictionary<string, GrammarExpression> rules = new(StringComparer.Ordinal);
            StringPattern parser = new(pattern, problem => JsonSchemaConverter.Fail(place, problem), Named, budget);
            rules["root"] = parser.Parse();
            matcher = new GrammarMatcher(GrammarCompiler.Compile(rules, "root", budget, mustEnd: true));
            _patterns[pattern] = matcher;

            GrammarExpression Named(GrammarExpression expression)
            {
                string name = $"part-{rules.Count}";
                rules[name] = expression;
                return GrammarExpression.Rule(name);
            }
        }

        GrammarPosition position = matcher.Start();
        foreach (byte unit in Encoding.UTF8.GetBytes(JsonLiteral.Quote(value))[1..^1])
        {
            budget.Charge(1);
            position = matcher.Advance(position, unit);
        }

        return position.IsComplete;
    }

    private static void RefuseUnknown(SchemaPart part)
    {
        foreach (string name in NotJudged)
        {
            if (part.Keywords.TryGetPropertyValue(name, out JsonNode? value) && !SchemaKeywords.IsAnything(value))
            {
                throw JsonSchemaConverter.Fail(part.Place, $"the keyword '{name}' is not supported beside values of 'enum' or 'const'");
            }
        }
    }
}
