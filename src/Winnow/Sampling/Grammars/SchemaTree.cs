using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>A schema that was looked through once: every name and text in it can be read, and it is no deeper than code may follow.</summary>
internal sealed class SchemaTree
{
    /// <summary>How deep a schema may nest; <see cref="Grammar.ParseJsonSchema"/> reads no deeper texts.</summary>
    public const int MaxDepth = 512;

    private readonly JsonNode? _root;
    private readonly Dictionary<string, JsonNode> _anchors = new(StringComparer.Ordinal);
    private readonly Dictionary<JsonNode, int> _ids = new(ReferenceComparer.Instance);

    /// <param name="root">The schema.</param>
    /// <param name="budget">What is charged for its nodes and texts.</param>
    /// <exception cref="InvalidOptionException">A keyword stands twice, a text has half a surrogate pair, or the schema nests too deeply.</exception>
    public SchemaTree(JsonNode? root, Budget budget)
    {
        _root = root;
        Stack<(JsonNode Node, string Place, int Depth)> open = new();
        Push(root, "#", 0);
        while (open.TryPop(out (JsonNode Node, string Place, int Depth) at))
        {
            budget.Charge(1);
            _ids[at.Node] = _ids.Count;
            switch (at.Node)
            {
                case JsonObject members:
                    foreach ((string name, JsonNode? value) in Members(members, at.Place))
                    {
                        budget.Charge(name.Length / 16);
                        CheckText(name, at.Place);
                        Push(value, at.Depth < 8 ? $"{at.Place}/{name}" : at.Place, at.Depth + 1);
                    }

                    NoteAnchors(members);
                    break;
                case JsonArray items:
                    foreach (JsonNode? item in items)
                    {
                        Push(item, at.Place, at.Depth + 1);
                    }

                    break;
                case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                    string text = Text(value, at.Place);
                    budget.Charge(text.Length / 16);
                    CheckText(text, at.Place);
                    break;
            }
        }

        void Push(JsonNode? node, string place, int depth)
        {
            if (depth > MaxDepth)
            {
                throw JsonSchemaConverter.Fail(place, $"the schema nests too deeply: more than {MaxDepth} levels");
            }

            if (node is not null)
            {
                open.Push((node, place, depth));
            }
        }
    }

    /// <summary>A number that stands for a node as long as the tree lives.</summary>
    public int Id(JsonNode node) => _ids[node];

    /// <summary>Whether a node is the whole schema.</summary>
    public bool IsRoot(JsonNode node) => ReferenceEquals(node, _root);

    /// <summary>The schema that a reference means.</summary>
    public JsonNode? Resolve(string reference, string place)
    {
        string fragment = reference;
        if (!reference.StartsWith('#') && RootId is { } id && reference.StartsWith(id, StringComparison.Ordinal))
        {
            fragment = reference.Length == id.Length ? "#" : reference[id.Length..];
        }

        if (!fragment.StartsWith('#'))
        {
            throw JsonSchemaConverter.Fail(
                place, $"the reference '{Quoted.Cut(reference)}' is not within the schema; only '#/…' and anchors of it are supported");
        }

        if (fragment.Length > 1 && fragment[1] != '/')
        {
            return _anchors.TryGetValue(fragment[1..], out JsonNode? anchored) ? anchored : throw LeadsNowhere(reference, place);
        }

        JsonNode? target = _root;
        foreach (string part in fragment[1..].Split('/').Skip(1))
        {
            string key = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            target = target switch
            {
                JsonObject members when members.TryGetPropertyValue(key, out JsonNode? member) => member,
                JsonArray items when int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < items.Count => items[index],
                _ => throw LeadsNowhere(reference, place),
            };
        }

        return target;
    }

    private string? RootId => (_root as JsonObject)?["$id"] is { } id && id.GetValueKind() == JsonValueKind.String
        ? id.GetValue<string>().TrimEnd('#')
        : null;

    private void NoteAnchors(JsonObject members)
    {
        if (members.TryGetPropertyValue("$anchor", out JsonNode? anchor) && anchor?.GetValueKind() == JsonValueKind.String)
        {
            _anchors.TryAdd(anchor.GetValue<string>(), members);
        }

        // Drafts before 2019 name a place by an "$id" that is nothing but a fragment.
        if (members.TryGetPropertyValue("$id", out JsonNode? id) && id?.GetValueKind() == JsonValueKind.String && id.GetValue<string>() is ['#', _, ..] fragment)
        {
            _anchors.TryAdd(fragment[1..], members);
        }
    }

    private static InvalidOptionException LeadsNowhere(string reference, string place) =>
        JsonSchemaConverter.Fail(place, $"the reference '{Quoted.Cut(reference)}' leads nowhere");

    // Whether names repeat is found out only when an object of parsed JSON is looked at for the first time.
    private static List<KeyValuePair<string, JsonNode?>> Members(JsonObject members, string place)
    {
        try
        {
            return [.. members];
        }
        catch (ArgumentException error)
        {
            throw new InvalidOptionException($"JSON schema, {Quoted.Cut(place)}: a name stands twice in this object", error);
        }
        catch (InvalidOperationException error)
        {
            throw HalfPair(place, error);
        }
    }

    private static string Text(JsonValue value, string place)
    {
        try
        {
            return value.GetValue<string>();
        }
        catch (InvalidOperationException error)
        {
            throw HalfPair(place, error);
        }
    }

    private static void CheckText(string text, string place)
    {
        for (int at = text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF'); at >= 0 && at < text.Length; at++)
        {
            if (char.IsSurrogate(text[at]) && !(at + 1 < text.Length && char.IsSurrogatePair(text[at], text[++at])))
            {
                throw HalfPair(place, null);
            }
        }
    }

    private static InvalidOptionException HalfPair(string place, Exception? error)
    {
        string message = $"JSON schema, {Quoted.Cut(place)}: half of a surrogate pair is no character";
        return error is null ? new InvalidOptionException(message) : new InvalidOptionException(message, error);
    }

    private sealed class ReferenceComparer : IEqualityComparer<JsonNode>
    {
        public static ReferenceComparer Instance { get; } = new();

        public bool Equals(JsonNode? left, JsonNode? right) => ReferenceEquals(left, right);

        public int GetHashCode(JsonNode node) => RuntimeHelpers.GetHashCode(node);
    }
}
