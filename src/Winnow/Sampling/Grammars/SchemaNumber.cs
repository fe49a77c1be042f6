using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>Numbers that schemas give: counts, and bounds of values.</summary>
internal static class SchemaNumber
{
    /// <summary>The most of something that a schema may ask for.</summary>
    public const int MaxCount = 100_000;

    private const int MaxDigits = 40;

    /// <summary>Whether a number has no fraction, however it is written: 5, 5.0, 5e0.</summary>
    public static bool IsInteger(JsonNode value) =>
        TryRead(value, out decimal number) ? decimal.IsInteger(number) : !value.ToJsonString().Contains('.', StringComparison.Ordinal);

    /// <summary>The number, where it has no more digits than a decimal holds.</summary>
    public static bool TryRead(JsonNode? node, out decimal number)
    {
        number = 0;
        string text = node?.GetValueKind() == JsonValueKind.Number ? node.ToJsonString() : "";
        return text.Length is > 0 and <= MaxDigits && decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }

    /// <summary>The least count that the parts ask for.</summary>
    public static int Least(IReadOnlyList<SchemaPart> parts, string name)
    {
        int least = 0;
        foreach (SchemaPart part in parts)
        {
            if (part[name] is { } node)
            {
                decimal count = Count(node, part.At(name));
                least = Math.Max(least, count <= MaxCount ? (int)count
                    : throw JsonSchemaConverter.Fail(part.At(name), $"{count} is more than the {MaxCount} that may be asked for"));
            }
        }

        return least;
    }

    /// <summary>The most that the parts allow; null for no bound, or for one so large that no answer comes there.</summary>
    public static int? Most(IReadOnlyList<SchemaPart> parts, string name)
    {
        int? most = null;
        foreach (SchemaPart part in parts)
        {
            if (part[name] is { } node && Count(node, part.At(name)) is <= MaxCount and var count)
            {
                most = Math.Min(most ?? int.MaxValue, (int)count);
            }
        }

        return most;
    }

    /// <summary>The bounds of numbers that all parts give.</summary>
    public static (Bound? Lower, Bound? Upper) Bounds(IReadOnlyList<SchemaPart> parts)
    {
        Bound? lower = null;
        Bound? upper = null;
        foreach (SchemaPart part in parts)
        {
            lower = Tighter(lower, Read(part, "minimum", "exclusiveMinimum"), 1);
            lower = Tighter(lower, ReadExclusive(part, "exclusiveMinimum"), 1);
            upper = Tighter(upper, Read(part, "maximum", "exclusiveMaximum"), -1);
            upper = Tighter(upper, ReadExclusive(part, "exclusiveMaximum"), -1);
        }

        return (lower, upper);
    }

    private static decimal Count(JsonNode node, string place) =>
        TryRead(node, out decimal count) && count >= 0 && decimal.IsInteger(count) ? count
        : throw JsonSchemaConverter.Fail(place, $"{Quoted.Cut(node.ToJsonString())} is no count");

    // Draft 4 writes "exclusiveMinimum": true beside the bound that it is about.
    private static Bound? Read(SchemaPart part, string name, string exclusive) =>
        part[name] is { } node ? new Bound(Value(node, part.At(name)), part[exclusive]?.GetValueKind() != JsonValueKind.True) : null;

    private static Bound? ReadExclusive(SchemaPart part, string name) =>
        part[name] is not { } node || node.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? null
        : new Bound(Value(node, part.At(name)), IsIncluded: false);

    private static decimal Value(JsonNode node, string place) => TryRead(node, out decimal bound)
        ? bound
        : throw JsonSchemaConverter.Fail(place, $"{Quoted.Cut(node.ToJsonString())} is no number that can be a bound");

    /// <summary>The bound that allows less: the greater of two lower ones (sign 1), the lesser of two upper ones (sign -1).</summary>
    private static Bound? Tighter(Bound? known, Bound? other, int sign)
    {
        if (known is not { } left || other is not { } right)
        {
            return known ?? other;
        }

        int order = left.Value.CompareTo(right.Value) * sign;
        return order > 0 || (order == 0 && !left.IsIncluded) ? left : right;
    }

    /// <summary>A bound of numbers, itself among them or not.</summary>
    public readonly record struct Bound(decimal Value, bool IsIncluded)
    {
        /// <summary>The least integer that a lower bound allows.</summary>
        public BigInteger Ceiling => IsIncluded ? new BigInteger(decimal.Ceiling(Value)) : new BigInteger(decimal.Floor(Value)) + 1;

        /// <summary>The greatest integer that an upper bound allows.</summary>
        public BigInteger Floor => IsIncluded ? new BigInteger(decimal.Floor(Value)) : new BigInteger(decimal.Ceiling(Value)) - 1;
    }
}
