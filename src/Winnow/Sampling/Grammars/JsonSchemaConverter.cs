using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Turns a JSON schema into the rules of a grammar.</summary>
/// <remarks>
/// What is visited is a set of schemas all of which a value must satisfy: a schema with those that it refers to and those of its
/// <c>allOf</c>, and for a member of an object what each of these says about it. A set is visited once and has one rule, so that
/// recursive schemas end and the work follows the size of the schema.
/// </remarks>
internal sealed partial class JsonSchemaConverter
{
    private readonly JsonNode? _schema;
    private readonly Budget _budget;
    private readonly SchemaTree _tree;
    private readonly SchemaLiterals _literals;
    private readonly Dictionary<string, GrammarExpression> _rules = new(StringComparer.Ordinal);

    /// <summary>The rule of each set, by the numbers of its nodes; null for a set that no value satisfies.</summary>
    private readonly Dictionary<string, string?> _visited = new(StringComparer.Ordinal);

    /// <summary>Why a set was found that no value satisfies, for a schema that is one.</summary>
    private InvalidOptionException? _nothing;

    public JsonSchemaConverter(JsonNode? schema, Budget budget)
    {
        _schema = schema;
        _budget = budget;
        _tree = new SchemaTree(schema, _budget);
        _literals = new SchemaLiterals(_tree, _budget);
    }

    public Dictionary<string, GrammarExpression> Convert()
    {
        JsonGrammar.AddTo(_rules);
        GrammarExpression root = Visit([(_schema, "#")]) ?? throw _nothing!;
        _rules["root"] = Sequence(root, Rule(JsonGrammar.Space));
        return _rules;
    }

    internal static JsonArray Array(JsonNode? node, string place) => node as JsonArray ?? throw Fail(place, "must be an array");

    internal static string ReadText(JsonNode? node, string place) => node?.GetValueKind() == JsonValueKind.String
        ? node.GetValue<string>()
        : throw Fail(place, "must be a text");

    internal static InvalidOptionException Fail(string place, string problem) => new($"JSON schema, {Quoted.Cut(place)}: {problem}");

    /// <summary>The values that satisfy all of several schemas; null where there are none.</summary>
    private GrammarExpression? Visit(IEnumerable<(JsonNode? Node, string Place)> schemas) =>
        SchemaParts.Flatten(_tree, _budget, schemas) is { } parts ? Visit(parts) : Nothing("#", "the schema 'false' allows nothing");

    private GrammarExpression? Visit(List<SchemaPart> parts)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Fail(parts[0].Place, "the schema nests too deeply");
        }

        _budget.Charge(1000 + (100 * parts.Count));
        if (parts.Count == 0)
        {
            return Rule(JsonGrammar.Value);
        }

        string key = string.Join(' ', parts.Select(part => $"{_tree.Id(part.Keywords)}{(part.Done == SchemaChoices.None ? "" : $":{(int)part.Done}")}").Order(StringComparer.Ordinal));
        if (_visited.TryGetValue(key, out string? known))
        {
            return known is null ? null : Rule(known);
        }

        string rule = $"schema-{_visited.Count}";
        _visited[key] = rule;
        GrammarExpression? values = VisitParts(parts);
        if (values is RuleExpression)
        {
            // Nothing is gained by another name for it, other than for places that refer back to this one.
            _rules[rule] = values;
            return values;
        }

        _rules[rule] = values ?? Choice();
        _visited[key] = values is null ? null : rule;
        return values is null ? null : Rule(rule);
    }

    private GrammarExpression? VisitParts(List<SchemaPart> parts)
    {
        foreach (SchemaPart part in parts)
        {
            SchemaKeywords.CheckAlways(part);
        }

        if (SchemaKeywords.DenyEverything(parts))
        {
            return Nothing(parts[0].At("not"), "allows nothing");
        }

        return parts.Exists(part => part.Keywords.ContainsKey("const") || part.Keywords.ContainsKey("enum")) ? VisitLiterals(parts)
            : SchemaParts.FindChoice(parts) is { } choice ? VisitChoice(parts, choice.Index, choice.Keyword)
            : VisitTypes(parts);
    }

    private GrammarExpression? VisitLiterals(List<SchemaPart> parts)
    {
        List<JsonNode?> values = _literals.ValuesOf(parts);
        string[] texts = [.. values.Where(value => _literals.Satisfies(value, parts)).Select(JsonLiteral.Write).Distinct(StringComparer.Ordinal)];
        return texts.Length == 0
            ? Nothing(parts[0].Place, "no value of 'enum' or 'const' satisfies the other keywords: the schema allows nothing")
            : OneOf(texts.Select(Text));
    }

    private GrammarExpression? VisitChoice(List<SchemaPart> parts, int index, string keyword)
    {
        SchemaPart part = parts[index];
        JsonArray alternatives = Array(part[keyword], part.At(keyword));
        if (alternatives.Count == 0)
        {
            throw Fail(part.At(keyword), "must not be empty");
        }

        SchemaPart rest = part with { Done = part.Done | (keyword == "oneOf" ? SchemaChoices.OneOf : SchemaChoices.AnyOf) };
        List<SchemaPart> others = [.. parts[..index], rest, .. parts[(index + 1)..]];
        if (keyword == "oneOf")
        {
            new SchemaOverlap(_tree, _literals, _budget, others).CheckDisjoint(alternatives, part.At(keyword));
        }

        List<GrammarExpression> choices = [];
        for (int i = 0; i < alternatives.Count; i++)
        {
            if (SchemaParts.With(_tree, _budget, [.. others], alternatives[i], $"{part.At(keyword)}/{i}", rest) is { } both
                && Visit(both) is { } values)
            {
                choices.Add(values);
            }
        }

        return choices.Count == 0 ? Nothing(part.At(keyword), "allows nothing: no alternative goes with the other keywords") : OneOf(choices.Distinct());
    }

    private GrammarExpression? VisitTypes(List<SchemaPart> parts)
    {
        SchemaTypes types = SchemaTypeReader.Meant(parts);
        if (types == SchemaTypes.All)
        {
            foreach (SchemaPart part in parts)
            {
                SchemaKeywords.CheckAny(part);
            }

            return Rule(JsonGrammar.Value);
        }

        List<GrammarExpression> choices = [];
        foreach (SchemaTypes type in new[] { SchemaTypes.Object, SchemaTypes.Array, SchemaTypes.String, types & SchemaTypes.Number, SchemaTypes.Boolean, SchemaTypes.Null })
        {
            if ((types & type) != SchemaTypes.None && VisitType(type, parts) is { } values)
            {
                choices.Add(values);
            }
        }

        return choices.Count == 0 ? Nothing(parts[0].Place, "the types exclude each other: the schema allows nothing") : OneOf(choices);
    }

    private GrammarExpression? VisitType(SchemaTypes type, List<SchemaPart> parts) => type switch
    {
        SchemaTypes.Object => VisitObject(parts),
        SchemaTypes.Array => VisitArray(parts),
        SchemaTypes.String => VisitString(parts),
        SchemaTypes.Boolean => Rule(JsonGrammar.Boolean),
        SchemaTypes.Null => Rule(JsonGrammar.Null),
        _ => VisitNumber(parts, isInteger: (type & SchemaTypes.Fraction) == SchemaTypes.None),
    };

    private GrammarExpression? VisitNumber(List<SchemaPart> parts, bool isInteger)
    {
        foreach (SchemaPart part in parts)
        {
            SchemaKeywords.CheckNumber(part);
            isInteger |= part["multipleOf"] is not null;
        }

        (SchemaNumber.Bound? lower, SchemaNumber.Bound? upper) = SchemaNumber.Bounds(parts);
        if (lower is null && upper is null)
        {
            return Rule(isInteger ? JsonGrammar.Integer : JsonGrammar.Number);
        }

        if (isInteger)
        {
            return lower?.Ceiling > upper?.Floor
                ? Nothing(parts[0].Place, $"no integer is at least {lower?.Ceiling} and at most {upper?.Floor}")
                : IntegerRange.Between(lower?.Ceiling, upper?.Floor);
        }

        return lower is { Value: 0, IsIncluded: true } && upper is null
            ? Sequence(JsonGrammar.Whole(), JsonGrammar.Fraction())
            : NumberRange.Between(lower, upper) ?? Nothing(parts[0].Place, $"no number is at least {lower?.Value} and at most {upper?.Value}");
    }

    private GrammarExpression? VisitString(List<SchemaPart> parts)
    {
        int minimum = SchemaNumber.Least(parts, "minLength");
        int? maximum = SchemaNumber.Most(parts, "maxLength");
        if (maximum < minimum)
        {
            return Nothing(parts[0].Place, $"a text of at least {minimum} and at most {maximum} characters does not exist");
        }

        (string Pattern, string Place)[] patterns = [.. SchemaFormats.Patterns(parts).DistinctBy(pattern => pattern.Pattern)];
        if (patterns.Length > 1)
        {
            throw Fail(patterns[1].Place, "several patterns or formats for one text are not supported");
        }

        if (patterns.Length == 1)
        {
            StringPattern pattern = new(patterns[0].Pattern, problem => Fail(patterns[0].Place, problem), Named, _budget);
            GrammarExpression text = pattern.Parse();
            return pattern.MinLength >= minimum && (maximum is null || pattern.MaxLength <= maximum)
                ? Named(Sequence(Text("\""), text, Text("\"")))
                : throw Fail(patterns[0].Place, "a pattern or format is not supported together with a minLength or maxLength that it does not satisfy by itself");
        }

        return minimum == 0 && maximum is null ? Rule(JsonGrammar.String)
            : Named(Sequence(Text("\""), new RepetitionExpression(Rule(JsonGrammar.Character), minimum, maximum), Text("\"")));
    }

    private GrammarExpression? Nothing(string place, string problem)
    {
        _nothing ??= Fail(place, problem);
        return null;
    }

    private static GrammarExpression OneOf(IEnumerable<GrammarExpression> choices)
    {
        GrammarExpression[] all = [.. choices];
        return all.Length == 1 ? all[0] : Choice(all);
    }

    private GrammarExpression Named(GrammarExpression expression)
    {
        if (expression is RuleExpression || expression == Empty)
        {
            return expression;
        }

        _budget.Charge(1);
        string name = $"part-{_rules.Count}";
        _rules[name] = expression;
        return Rule(name);
    }
}
