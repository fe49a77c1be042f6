using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>
/// Finds out whether the alternatives of a <c>oneOf</c> exclude each other, as a text is to satisfy exactly one of them: by their types,
/// the values that they list, the ranges of their numbers, or the members that their objects need.
/// </summary>
/// <param name="tree">The schema.</param>
/// <param name="literals">Judges values.</param>
/// <param name="budget">What the search may spend.</param>
/// <param name="others">What holds beside the <c>oneOf</c>.</param>
internal sealed class SchemaOverlap(SchemaTree tree, SchemaLiterals literals, Budget budget, List<SchemaPart> others)
{
    private const int MaxDepth = 8;

    /// <summary>Refuses alternatives of which two may hold for the same text.</summary>
    public void CheckDisjoint(JsonArray alternatives, string place)
    {
        for (int i = 0; i < alternatives.Count; i++)
        {
            for (int j = 0; j < i; j++)
            {
                if (!AreDisjoint((alternatives[j], $"{place}/{j}"), (alternatives[i], $"{place}/{i}"), 0))
                {
                    throw JsonSchemaConverter.Fail(
                        place,
                        $"a value may satisfy alternatives {j} and {i} of 'oneOf' at once, which is not supported: tell them apart by a required property with different 'const' values, or use 'anyOf'");
                }
            }
        }
    }

    private bool AreDisjoint((JsonNode? Node, string Place) left, (JsonNode? Node, string Place) right, int depth)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack() || depth > MaxDepth)
        {
            return false;
        }

        budget.Charge(8);
        return SchemaParts.Flatten(tree, budget, [left]) is not { } first || SchemaParts.Flatten(tree, budget, [right]) is not { } second
            || SchemaKeywords.DenyEverything(first) || SchemaKeywords.DenyEverything(second)
            || AreDisjoint(first, right, depth) || AreDisjoint(second, left, depth)
            || AreDisjointByValues(first, second, depth);
    }

    /// <summary>Whether every alternative of the first choice among the parts is apart from the other schema.</summary>
    private bool AreDisjoint(List<SchemaPart> parts, (JsonNode? Node, string Place) other, int depth)
    {
        foreach (SchemaPart part in parts)
        {
            foreach (string name in new[] { "anyOf", "oneOf" })
            {
                if (part[name] is JsonArray { Count: > 0 } choices && choices.All(choice => AreDisjoint((choice, part.At(name)), other, depth + 1)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool AreDisjointByValues(List<SchemaPart> left, List<SchemaPart> right, int depth)
    {
        if (literals.ValuesOf(left) is { Count: > 0 } first)
        {
            return !first.Exists(value => literals.Satisfies(value, left) && literals.Satisfies(value, right));
        }

        if (literals.ValuesOf(right) is { Count: > 0 } second)
        {
            return !second.Exists(value => literals.Satisfies(value, left) && literals.Satisfies(value, right));
        }

        // What is written for one side must not be valid for the other, of which it may be any type that the keywords let pass.
        SchemaTypes written = SchemaTypeReader.Meant(left);
        SchemaTypes writtenRight = SchemaTypeReader.Meant(right);
        SchemaTypes shared = (written & SchemaTypeReader.Named(right)) | (writtenRight & SchemaTypeReader.Named(left));
        return (shared & ~(SchemaTypes.Number | SchemaTypes.Object)) == SchemaTypes.None
            && ((shared & SchemaTypes.Number) == SchemaTypes.None || AreApart(left, right))
            && ((shared & SchemaTypes.Object) == SchemaTypes.None || HaveOtherMembers(left, right, depth));
    }

    private static bool AreApart(List<SchemaPart> left, List<SchemaPart> right)
    {
        (SchemaNumber.Bound? lowerLeft, SchemaNumber.Bound? upperLeft) = SchemaNumber.Bounds(left);
        (SchemaNumber.Bound? lowerRight, SchemaNumber.Bound? upperRight) = SchemaNumber.Bounds(right);
        return IsAbove(lowerLeft, upperRight) || IsAbove(lowerRight, upperLeft);

        static bool IsAbove(SchemaNumber.Bound? lower, SchemaNumber.Bound? upper) => lower is { } low && upper is { } high
            && (low.Value > high.Value || (low.Value == high.Value && !(low.IsIncluded && high.IsIncluded)));
    }

    private bool HaveOtherMembers(List<SchemaPart> left, List<SchemaPart> right, int depth)
    {
        HashSet<string> requiredLeft = Required(left);
        HashSet<string> requiredRight = Required(right);
        foreach (string name in requiredLeft.Union(requiredRight))
        {
            if (Declared(left, name) is { } one && Declared(right, name) is { } other && AreDisjoint(one, other, depth + 1))
            {
                return true;
            }
        }

        if (depth == 0)
        {
            (left, right) = ([.. left, .. others], [.. right, .. others]);
        }

        return (requiredLeft.Any(name => NeverWrites(right, name)) || requiredRight.Any(name => Forbids(left, name)))
            && (requiredRight.Any(name => NeverWrites(left, name)) || requiredLeft.Any(name => Forbids(right, name)));
    }

    private static HashSet<string> Required(List<SchemaPart> parts) =>
        [.. parts.SelectMany(part => part["required"] as JsonArray ?? []).OfType<JsonValue>()
            .Where(name => name.GetValueKind() == JsonValueKind.String).Select(name => name.GetValue<string>())];

    private static (JsonNode? Node, string Place)? Declared(List<SchemaPart> parts, string name)
    {
        foreach (SchemaPart part in parts)
        {
            if (part["properties"] is JsonObject properties && properties.TryGetPropertyValue(name, out JsonNode? own))
            {
                return (own, $"{part.At("properties")}/{name}");
            }
        }

        return null;
    }

    /// <summary>Whether no object that is written for these parts has a member: they name others, and say nothing of more.</summary>
    private static bool NeverWrites(List<SchemaPart> parts, string name) =>
        SchemaParts.FindChoice(parts) is null
        && Declared(parts, name) is null && !Required(parts).Contains(name) && parts.Exists(part => part["properties"] is JsonObject { Count: > 0 })
        && parts.TrueForAll(part => part["additionalProperties"] is not { } additional || additional.GetValueKind() == JsonValueKind.False);

    /// <summary>Whether an object with a member does not satisfy the parts.</summary>
    private static bool Forbids(List<SchemaPart> parts, string name) =>
        parts.Exists(part => part["additionalProperties"]?.GetValueKind() == JsonValueKind.False
            && !(part["properties"] is JsonObject properties && properties.ContainsKey(name)));
}
