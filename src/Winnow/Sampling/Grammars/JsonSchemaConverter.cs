using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns a JSON schema into the rules of a grammar.</summary>
internal sealed class JsonSchemaConverter(JsonNode? schema)
{
    // Keywords that limit what is valid in a way that no rule is made for: to ignore them would be to break the promise.
    private static readonly string[] Unsupported =
    [
        "not", "if", "then", "else", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "dependencies", "contains",
        "minContains", "maxContains", "uniqueItems", "multipleOf", "minProperties", "maxProperties", "unevaluatedProperties", "unevaluatedItems",
        "$dynamicRef", "$recursiveRef",
    ];

    private const int MaxRepetitions = 100_000;

    private readonly Dictionary<string, GrammarExpression> _rules = new(StringComparer.Ordinal);

    /// <summary>The rules made for referenced schemas, by their reference.</summary>
    private readonly Dictionary<string, string> _references = new(StringComparer.Ordinal);

    public Dictionary<string, GrammarExpression> Convert()
    {
        JsonGrammar.AddTo(_rules);
        GrammarExpression root = Visit(schema, "#");
        _rules["root"] = Sequence(root, Rule(JsonGrammar.Space));
        return _rules;
    }

    private GrammarExpression Visit(JsonNode? node, string place)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail(place, "the schema nests too deeply");
        }

        if (node is JsonValue flag && flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            return flag.GetValue<bool>() ? Rule(JsonGrammar.Value) : throw Fail(place, "the schema 'false' allows nothing");
        }

        JsonObject keywords = node as JsonObject ?? throw Fail(place, "a schema is an object, true or false");
        CheckSupported(keywords, place);
        if (keywords.TryGetPropertyValue("$ref", out JsonNode? reference))
        {
            return VisitReference(ReadText(reference, place + "/$ref"), place);
        }

        if (keywords.TryGetPropertyValue("const", out JsonNode? constant))
        {
            return Literal(constant);
        }

        if (keywords["enum"] is { } values)
        {
            return Choices([.. Array(values, place + "/enum").Select(Literal)], place + "/enum");
        }

        foreach (string name in new[] { "anyOf", "oneOf" })
        {
            if (keywords[name] is { } alternatives)
            {
                RefuseBeside(keywords, name, place);
                return Choices(
                    [.. Array(alternatives, $"{place}/{name}").Select((item, index) => Visit(item, $"{place}/{name}/{index}"))], $"{place}/{name}");
            }
        }

        return keywords["allOf"] is { } parts ? Visit(Merge(keywords, parts, place), place) : VisitTypes(keywords, place);
    }

    private GrammarExpression VisitReference(string reference, string place)
    {
        if (_references.TryGetValue(reference, out string? known))
        {
            return Rule(known);
        }

        JsonNode? target = Resolve(reference, place);
        string rule = $"ref-{_references.Count}";
        _references[reference] = rule;
        _rules[rule] = Visit(target, reference);
        return Rule(rule);
    }

    private JsonNode? Resolve(string reference, string place)
    {
        if (!reference.StartsWith('#'))
        {
            throw Fail(place, $"the reference '{reference}' is not within the schema; only '#/…' is supported");
        }

        JsonNode? target = schema;
        foreach (string part in reference.TrimStart('#').Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            string key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            target = target switch
            {
                JsonObject members when members.TryGetPropertyValue(key, out JsonNode? member) => member,
                JsonArray items when int.TryParse(key, CultureInfo.InvariantCulture, out int index) && index >= 0 && index < items.Count => items[index],
                _ => throw Fail(place, $"the reference '{reference}' leads nowhere"),
            };
        }

        return target;
    }

    private GrammarExpression VisitTypes(JsonObject keywords, string place)
    {
        string[] types = keywords["type"] switch
        {
            null => [InferType(keywords)],
            JsonArray several => [.. several.Select(type => ReadText(type, place + "/type"))],
            JsonNode one => [ReadText(one, place + "/type")],
        };
        return Choices([.. types.Select(type => VisitType(type, keywords, place))], place + "/type");
    }

    private static string InferType(JsonObject keywords)
    {
        (string Type, string[] Keywords)[] hints =
        [
            ("object", ["properties", "required", "additionalProperties"]),
            ("array", ["items", "prefixItems", "minItems", "maxItems"]),
            ("string", ["pattern", "minLength", "maxLength", "format"]),
            ("number", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]),
        ];
        return System.Array.Find(hints, hint => System.Array.Exists(hint.Keywords, keywords.ContainsKey)).Type ?? "any";
    }

    private GrammarExpression VisitType(string type, JsonObject keywords, string place) => type switch
    {
        "object" => VisitObject(keywords, place),
        "array" => VisitArray(keywords, place),
        "string" => VisitString(keywords, place),
        "integer" => VisitInteger(keywords, place),
        "number" => VisitNumber(keywords, place),
        "boolean" => Rule(JsonGrammar.Boolean),
        "null" => Rule(JsonGrammar.Null),
        "any" => Rule(JsonGrammar.Value),
        _ => throw Fail(place, $"'{type}' is no type; there are object, array, string, integer, number, boolean and null"),
    };

    private GrammarExpression VisitObject(JsonObject keywords, string place)
    {
        JsonObject properties = keywords["properties"] switch
        {
            null => [],
            JsonObject members => members,
            _ => throw Fail(place + "/properties", "must be an object"),
        };
        HashSet<string> required = keywords["required"] is { } names
            ? [.. Array(names, place + "/required").Select(name => ReadText(name, place + "/required"))]
            : [];
        JsonNode? additional = keywords["additionalProperties"];
        bool allowsOthers = additional is null ? properties.Count == 0 : additional.GetValueKind() != JsonValueKind.False;
        if (properties.Count == 0 && required.Count == 0 && additional is not JsonObject)
        {
            return allowsOthers ? Rule(JsonGrammar.Object) : Sequence(JsonGrammar.Spaced("{"), Text("}"));
        }

        List<(GrammarExpression Pair, bool IsRequired)> pairs = [];
        foreach ((string name, JsonNode? value) in properties)
        {
            pairs.Add((Pair(Text(JsonLiteral.Quote(name)), Visit(value, $"{place}/properties/{name}")), required.Contains(name)));
        }

        string[] undeclared = [.. required.Where(name => !properties.ContainsKey(name))];
        foreach (string name in undeclared)
        {
            GrammarExpression value = additional is JsonObject ? Visit(additional, place + "/additionalProperties") : Rule(JsonGrammar.Value);
            pairs.Add((Pair(Text(JsonLiteral.Quote(name)), value), true));
        }

        GrammarExpression? others = null;
        if (allowsOthers)
        {
            GrammarExpression value = additional is JsonObject ? Visit(additional, place + "/additionalProperties") : Rule(JsonGrammar.Value);
            GrammarExpression key = OtherNames([.. properties.Select(property => property.Key), .. undeclared]);
            others = Named(Pair(key, value));
        }

        return Sequence(JsonGrammar.Spaced("{"), Members(pairs, others), Text("}"));
    }

    /// <summary>The members in order, optional ones possibly left out, with commas between those that are there.</summary>
    private GrammarExpression Members(List<(GrammarExpression Pair, bool IsRequired)> members, GrammarExpression? others)
    {
        GrammarExpression comma = JsonGrammar.Spaced(",");
        GrammarExpression behind = others is null ? Empty : new RepetitionExpression(Sequence(comma, others), 0, null);
        GrammarExpression first = others is null ? Empty : Optional(Sequence(others, behind));

        // From the last to the first: what may follow where a member was written already, and where none was.
        for (int i = members.Count - 1; i >= 0; i--)
        {
            (GrammarExpression pair, bool isRequired) = members[i];
            GrammarExpression name = Named(pair);
            GrammarExpression rest = Named(behind);
            first = isRequired ? Sequence(name, rest) : Choice(Sequence(name, rest), first);
            behind = isRequired ? Sequence(comma, name, rest) : Choice(Sequence(comma, name, rest), rest);
            first = Named(first);
        }

        return first;
    }

    private static GrammarExpression Pair(GrammarExpression key, GrammarExpression value) =>
        Sequence(key, JsonGrammar.Spaced(":"), value, Rule(JsonGrammar.Space));

    /// <summary>Strings other than the names given.</summary>
    private GrammarExpression OtherNames(string[] names) => Sequence(Text("\""), OtherRests(names, 0));

    private GrammarExpression OtherRests(string[] names, int depth)
    {
        if (names.Length == 0)
        {
            return Sequence(new RepetitionExpression(Rule(JsonGrammar.Character), 0, null), Text("\""));
        }

        GrammarExpression anything = Sequence(new RepetitionExpression(Rule(JsonGrammar.Character), 0, null), Text("\""));
        List<GrammarExpression> choices = [Sequence(JsonGrammar.Escape, anything)];
        List<(int, int)> taken = [];
        foreach (IGrouping<int, string> group in names.Where(name => depth < name.Length).GroupBy(name => char.ConvertToUtf32(Safe(name), depth)))
        {
            taken.Add((group.Key, group.Key));
            int length = group.Key > char.MaxValue ? 2 : 1;
            if (JsonGrammar.Plain.Contains(group.Key))
            {
                choices.Add(Sequence(Text(char.ConvertFromUtf32(group.Key)), OtherRests([.. group], depth + length)));
            }
        }

        choices.Add(Sequence(new ClassExpression(JsonGrammar.Plain.Except(new CodePointSet(taken))), anything));
        if (!System.Array.Exists(names, name => name.Length == depth))
        {
            choices.Add(Text("\""));
        }

        return Named(new ChoiceExpression(choices));
    }

    // Half a surrogate pair is no character of a grammar.
    private static string Safe(string name) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(name));

    private GrammarExpression VisitArray(JsonObject keywords, string place)
    {
        JsonArray prefix = keywords["prefixItems"] is { } fixedItems ? Array(fixedItems, place + "/prefixItems") : [];
        JsonNode? items = keywords["items"];
        if (items is JsonArray older)
        {
            (prefix, items) = (older, keywords["additionalItems"]);
        }

        bool isClosed = items is JsonValue flag && flag.GetValueKind() == JsonValueKind.False;
        int minimum = Count(keywords, "minItems", place) ?? 0;
        int? maximum = Count(keywords, "maxItems", place);
        maximum = isClosed ? Math.Min(maximum ?? int.MaxValue, prefix.Count) : maximum;
        if (maximum < minimum)
        {
            throw Fail(place, $"an array of at least {minimum} and at most {maximum} items does not exist");
        }

        GrammarExpression comma = JsonGrammar.Spaced(",");
        GrammarExpression other = isClosed ? Empty : Named(Sequence(items is null ? Rule(JsonGrammar.Value) : Visit(items, place + "/items"), Rule(JsonGrammar.Space)));
        GrammarExpression Item(int index) => index < prefix.Count
            ? Named(Sequence(Visit(prefix[index], $"{place}/prefixItems/{index}"), Rule(JsonGrammar.Space)))
            : other;

        // The items without a schema of their own, then those before them, from the last to the first.
        int own = Math.Min(prefix.Count, maximum ?? int.MaxValue);
        GrammarExpression rest = isClosed ? Empty
            : new RepetitionExpression(Sequence(comma, other), Math.Max(minimum - Math.Max(own, 1), 0), maximum - Math.Max(own, 1) is { } room ? Math.Max(room, 0) : null);
        for (int i = own - 1; i >= 1; i--)
        {
            GrammarExpression item = Sequence(comma, Item(i), rest);
            rest = Named(i < minimum ? item : Optional(item));
        }

        GrammarExpression content = maximum == 0 ? Empty : Sequence(Item(0), rest);
        return Sequence(JsonGrammar.Spaced("["), minimum == 0 ? Optional(content) : content, Text("]"));
    }

    private GrammarExpression VisitString(JsonObject keywords, string place)
    {
        int? minimum = Count(keywords, "minLength", place);
        int? maximum = Count(keywords, "maxLength", place);
        string? pattern = keywords["pattern"] is { } given ? ReadText(given, place + "/pattern") : keywords["format"] is { } format ? PatternOf(ReadText(format, place + "/format")) : null;
        if (pattern is not null)
        {
            return minimum is null && maximum is null
                ? Named(Sequence(Text("\""), new StringPattern(pattern, problem => Fail(place + "/pattern", problem)).Parse(), Text("\"")))
                : throw Fail(place, "a pattern or format together with minLength or maxLength is not supported");
        }

        return minimum is null && maximum is null ? Rule(JsonGrammar.String)
            : maximum < minimum ? throw Fail(place, $"a text of at least {minimum} and at most {maximum} characters does not exist")
            : Named(Sequence(Text("\""), new RepetitionExpression(Rule(JsonGrammar.Character), minimum ?? 0, maximum), Text("\"")));
    }

    // A format that is not listed here is an annotation.
    private static string? PatternOf(string format)
    {
        const string Date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
        const string Time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";
        return format switch
        {
            "date" => $"^{Date}$",
            "time" => $"^{Time}$",
            "date-time" => $"^{Date}T{Time}$",
            "uuid" => "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            _ => null,
        };
    }

    private static GrammarExpression VisitInteger(JsonObject keywords, string place)
    {
        BigInteger? minimum = Larger(Bound(keywords, "minimum", place), Bound(keywords, "exclusiveMinimum", place) + 1);
        BigInteger? maximum = -Larger(-Bound(keywords, "maximum", place), -(Bound(keywords, "exclusiveMaximum", place) - 1));
        return minimum is null && maximum is null ? Rule(JsonGrammar.Integer)
            : maximum < minimum ? throw Fail(place, $"no integer is at least {minimum} and at most {maximum}")
            : IntegerRange.Between(minimum, maximum);
    }

    private static BigInteger? Larger(BigInteger? left, BigInteger? right) =>
        left is null ? right : right is null ? left : BigInteger.Max(left.Value, right.Value);

    private static GrammarExpression VisitNumber(JsonObject keywords, string place)
    {
        string[] bounds = [.. new[] { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum" }.Where(keywords.ContainsKey)];
        return bounds switch
        {
            [] => Rule(JsonGrammar.Number),
            ["minimum"] when Bound(keywords, "minimum", place) == 0 => Sequence(JsonGrammar.Whole(), JsonGrammar.Fraction()),
            _ => throw Fail($"{place}/{bounds[0]}", "bounds of numbers are not supported other than \"minimum\": 0; those of integers are"),
        };
    }

    private static BigInteger? Bound(JsonObject keywords, string name, string place)
    {
        if (keywords[name] is not { } node)
        {
            return null;
        }

        string text = node.GetValueKind() == JsonValueKind.Number ? node.ToJsonString() : "";
        return text.Length is > 0 and <= 40 && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal bound)
            ? new BigInteger(name.Contains("inimum", StringComparison.Ordinal) == name.StartsWith("exclusive", StringComparison.Ordinal)
                ? decimal.Floor(bound)
                : decimal.Ceiling(bound))
            : throw Fail($"{place}/{name}", $"{node.ToJsonString()} is no number that can be a bound");
    }

    private static int? Count(JsonObject keywords, string name, string place)
    {
        if (keywords[name] is not { } node)
        {
            return null;
        }

        return node.GetValueKind() == JsonValueKind.Number && int.TryParse(node.ToJsonString(), CultureInfo.InvariantCulture, out int count)
            && count is >= 0 and <= MaxRepetitions
            ? count
            : throw Fail($"{place}/{name}", $"{node.ToJsonString()} is no count from 0 to {MaxRepetitions}");
    }

    /// <summary>One object schema from the parts of an <c>allOf</c>.</summary>
    private JsonObject Merge(JsonObject keywords, JsonNode parts, string place)
    {
        JsonObject merged = new();
        MergeInto(merged, keywords, place);
        int index = 0;
        foreach (JsonNode? part in Array(parts, place + "/allOf"))
        {
            string partPlace = $"{place}/allOf/{index++}";
            JsonNode? target = part is JsonObject { Count: > 0 } members && members.TryGetPropertyValue("$ref", out JsonNode? reference)
                ? Resolve(ReadText(reference, partPlace), partPlace)
                : part;
            MergeInto(merged, target as JsonObject ?? throw Fail(partPlace, "a part of allOf must be an object"), partPlace);
        }

        return merged;
    }

    private static void MergeInto(JsonObject merged, JsonObject part, string place)
    {
        foreach ((string key, JsonNode? value) in part)
        {
            switch (key)
            {
                case "allOf" when !merged.ContainsKey("allOf") && place.Contains("/allOf/", StringComparison.Ordinal):
                    throw Fail(place, "allOf within allOf is not supported");
                case "allOf" or "$defs" or "definitions":
                    break;
                case "properties" when merged["properties"] is JsonObject known && value is JsonObject more:
                    foreach ((string name, JsonNode? property) in more)
                    {
                        known[name] = known.ContainsKey(name) && !JsonNode.DeepEquals(known[name], property)
                            ? throw Fail(place, $"the property '{name}' has several schemas, which is not supported")
                            : property?.DeepClone();
                    }

                    break;
                case "required" when merged["required"] is JsonArray known && value is JsonArray more:
                    foreach (JsonNode? name in more)
                    {
                        known.Add(name?.DeepClone());
                    }

                    break;
                default:
                    merged[key] = merged.ContainsKey(key) && !JsonNode.DeepEquals(merged[key], value)
                            && key is not ("title" or "description" or "$comment")
                        ? throw Fail(place, $"the keyword '{key}' has several values, which is not supported")
                        : value?.DeepClone();
                    break;
            }
        }
    }

    private static void CheckSupported(JsonObject keywords, string place)
    {
        foreach (string name in Unsupported)
        {
            bool isOff = keywords[name] is JsonValue flag && flag.GetValueKind() == JsonValueKind.False;
            if (keywords.ContainsKey(name) && !isOff)
            {
                throw Fail(place, $"the keyword '{name}' is not supported");
            }
        }
    }

    private static void RefuseBeside(JsonObject keywords, string name, string place)
    {
        foreach (string other in new[] { "anyOf", "oneOf", "allOf", "properties", "items", "pattern" })
        {
            if (other != name && keywords.ContainsKey(other))
            {
                throw Fail(place, $"'{name}' together with '{other}' is not supported");
            }
        }
    }

    private GrammarExpression Named(GrammarExpression expression)
    {
        if (expression is RuleExpression || expression == Empty)
        {
            return expression;
        }

        string name = $"part-{_rules.Count}";
        _rules[name] = expression;
        return Rule(name);
    }

    private static GrammarExpression Choices(GrammarExpression[] choices, string place) =>
        choices.Length == 0 ? throw Fail(place, "must not be empty") : choices.Length == 1 ? choices[0] : Choice(choices);

    private static GrammarExpression Literal(JsonNode? value) => Text(JsonLiteral.Write(value));

    private static JsonArray Array(JsonNode? node, string place) => node as JsonArray ?? throw Fail(place, "must be an array");

    private static string ReadText(JsonNode? node, string place) => node?.GetValueKind() == JsonValueKind.String
        ? node.GetValue<string>()
        : throw Fail(place, "must be a text");

    private static GrammarException Fail(string place, string problem) => new($"JSON schema, {place}: {problem}");
}
