using System.Text.Json;
using System.Text.Json.Nodes;
using static Winnow.Sampling.Grammars.GrammarExpression;

namespace Winnow.Sampling.Grammars;

/// <summary>Objects.</summary>
internal sealed partial class JsonSchemaConverter
{
    /// <summary>The most characters of a name that other names are kept apart from.</summary>
    private const int MaxNameLength = 1000;

    private static readonly int[] Escaped = [.. Enumerable.Range(0, ' '), '"', '\\'];

    /// <summary>The rules of characters that may stand where a name goes on in certain ways, by these ways.</summary>
    private readonly Dictionary<string, GrammarExpression> _otherCharacters = new(StringComparer.Ordinal);

    private GrammarExpression? VisitObject(List<SchemaPart> parts)
    {
        List<string> names = PropertyNames(parts);
        HashSet<string> declared = new(names, StringComparer.Ordinal);
        List<string> required = [.. parts.Where(part => part["required"] is not null).SelectMany(Required).Distinct(StringComparer.Ordinal)];
        HashSet<string> isRequired = new(required, StringComparer.Ordinal);
        bool allowsOthers = AllowsOthers(parts, names.Count > 0);
        foreach (SchemaPart part in parts)
        {
            SchemaKeywords.CheckObject(part, required.Count, allowsOthers ? null : declared.Union(required).Count());
        }

        if (names.Count == 0 && required.Count == 0 && !parts.Exists(part => part["additionalProperties"] is JsonObject))
        {
            return allowsOthers ? Rule(JsonGrammar.Object) : Sequence(JsonGrammar.Spaced("{"), Text("}"));
        }

        List<(GrammarExpression Pair, bool IsRequired)> pairs = [];
        names.AddRange(required.Where(name => !declared.Contains(name)));
        foreach (string name in names)
        {
            _budget.Charge(parts.Count + (name.Length / 16));
            if (Visit(SchemasOf(name, parts)) is { } value)
            {
                pairs.Add((Pair(Text(JsonLiteral.Quote(name)), value), isRequired.Contains(name)));
            }
            else if (isRequired.Contains(name))
            {
                return Nothing(parts[0].Place, $"the property '{Quoted.Cut(name)}' is required, and no value may stand there");
            }
        }

        GrammarExpression? others = allowsOthers && Visit(Additional(parts)) is { } other ? Named(Pair(OtherNames(names, parts[0].Place), other)) : null;
        return Sequence(JsonGrammar.Spaced("{"), Members(pairs, others), Text("}"));
    }

    private static IEnumerable<string> Required(SchemaPart part) =>
        Array(part["required"], part.At("required")).Select(name => ReadText(name, part.At("required")));

    private static List<string> PropertyNames(List<SchemaPart> parts)
    {
        List<string> names = [];
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (SchemaPart part in parts)
        {
            names.AddRange(Properties(part).Select(property => property.Key).Where(known.Add));
        }

        return names;
    }

    private static JsonObject Properties(SchemaPart part) => part["properties"] switch
    {
        null => [],
        JsonObject members => members,
        _ => throw Fail(part.At("properties"), "must be an object"),
    };

    /// <summary>
    /// Whether there may be members that no part names: where a part says so and none forbids it, or where none says anything about
    /// members at all, since a model is to fill in what was asked for.
    /// </summary>
    private static bool AllowsOthers(List<SchemaPart> parts, bool hasNames)
    {
        bool isAsked = parts.Exists(part => part["additionalProperties"] is not null);
        bool isClosed = parts.Exists(part => IsFalse(part["additionalProperties"]));
        foreach (SchemaPart part in parts)
        {
            // What a part does not evaluate depends on which parts stand within it; only the outermost one holds them all.
            if (part["unevaluatedProperties"] is { } rest && !SchemaKeywords.IsAnything(rest))
            {
                isClosed |= IsFalse(rest) && part.Origin is null && parts.TrueForAll(other => other == part || other.Origin is not null) ? !isAsked
                    : throw Fail(part.Place, "the keyword 'unevaluatedProperties' is not supported here, other than true");
            }
        }

        return !isClosed && (isAsked || !hasNames);
    }

    private static bool IsFalse(JsonNode? node) => node?.GetValueKind() == JsonValueKind.False;

    /// <summary>What each part says about a member: its own schema, or else that of the members it does not name.</summary>
    private static List<(JsonNode? Node, string Place)> SchemasOf(string name, List<SchemaPart> parts)
    {
        List<(JsonNode? Node, string Place)> schemas = [];
        foreach (SchemaPart part in parts)
        {
            if (Properties(part).TryGetPropertyValue(name, out JsonNode? value))
            {
                schemas.Add((value, $"{part.At("properties")}/{name}"));
            }
            else if (part["additionalProperties"] is { } additional)
            {
                schemas.Add((additional, part.At("additionalProperties")));
            }
        }

        return schemas;
    }

    private static IEnumerable<(JsonNode? Node, string Place)> Additional(List<SchemaPart> parts) =>
        parts.Where(part => part["additionalProperties"] is not null).Select(part => (part["additionalProperties"], part.At("additionalProperties")));

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

    /// <summary>Strings other than the names given: a tree of their characters, which the text leaves somewhere.</summary>
    /// <remarks>As long as it may be one of the names it has characters escaped only where they must be: an escape could spell the name.</remarks>
    private GrammarExpression OtherNames(List<string> names, string place)
    {
        List<(SortedDictionary<int, int> Next, bool IsName)> nodes = [([], false)];
        foreach (string name in names)
        {
            if (name.Length > MaxNameLength)
            {
                throw Fail(place, $"the property '{Quoted.Cut(name)}' has more than the {MaxNameLength} characters that a name beside other ones may have");
            }

            int node = 0;
            foreach (System.Text.Rune rune in name.EnumerateRunes())
            {
                _budget.Charge(1);
                if (!nodes[node].Next.TryGetValue(rune.Value, out int next))
                {
                    nodes[node].Next[rune.Value] = next = nodes.Count;
                    nodes.Add(([], false));
                }

                node = next;
            }

            nodes[node] = nodes[node] with { IsName = true };
        }

        GrammarExpression anything = Named(Sequence(new RepetitionExpression(Rule(JsonGrammar.Character), 0, null), Text("\"")));
        GrammarExpression[] rests = new GrammarExpression[nodes.Count];
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            (SortedDictionary<int, int> next, bool isName) = nodes[i];
            if (next.Count == 0)
            {
                rests[i] = Named(Sequence(Rule(JsonGrammar.Character), anything));
                continue;
            }

            List<GrammarExpression> choices = [.. next.Select(entry => Sequence(Text(JsonLiteral.Escape(entry.Key)), rests[entry.Value]))];
            choices.Add(Sequence(OtherCharacters(next.Keys), anything));
            if (!isName)
            {
                choices.Add(Text("\""));
            }

            rests[i] = Named(Choice([.. choices]));
        }

        return names.Count == 0 ? Rule(JsonGrammar.String) : Sequence(Text("\""), rests[0]);
    }

    private GrammarExpression OtherCharacters(SortedDictionary<int, int>.KeyCollection taken)
    {
        _budget.Charge(taken.Count);
        string key = string.Join(' ', taken);
        if (!_otherCharacters.TryGetValue(key, out GrammarExpression? known))
        {
            HashSet<int> without = [.. taken];
            known = Named(Choice(
            [
                new ClassExpression(JsonGrammar.Plain.Except(new CodePointSet(taken.Select(codePoint => (codePoint, codePoint))))),
                .. Escaped.Where(codePoint => !without.Contains(codePoint)).Select(codePoint => Text(JsonLiteral.Escape(codePoint))),
            ]));
            _otherCharacters[key] = known;
        }

        return known;
    }
}
