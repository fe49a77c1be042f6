using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>Changes JSON texts node by node, so that they stay JSON: values of other kinds, names that mean something, parts moved, nested and repeated.</summary>
internal sealed class JsonMutator
{
    private const int MostDepth = 60;

    private readonly JsonNode[] _seeds;
    private readonly int _mostChanges;
    private readonly string[] _names;
    private readonly JsonNode?[] _values;

    /// <param name="seeds">Good texts, each an object or list.</param>
    /// <param name="names">Names that mean something to whoever reads them, beside those of the seeds.</param>
    /// <param name="values">Values, as JSON texts.</param>
    /// <param name="mostChanges">Changes of one text.</param>
    public JsonMutator(IEnumerable<string> seeds, IEnumerable<string> names, IEnumerable<string> values, int mostChanges = 4)
    {
        _mostChanges = mostChanges;
        _seeds = [.. seeds.Select(seed => JsonNode.Parse(seed)!)];
        _names = [.. names.Concat(_seeds.SelectMany(Names)).Distinct(StringComparer.Ordinal)];
        _values = [.. values.Select(value => JsonNode.Parse(value))];
    }

    /// <summary>A changed text in UTF-8, now and then no JSON any more.</summary>
    public byte[] Mutate(InputRandom random) => Mutate(random.Pick(_seeds), random);

    /// <summary>Changes one text.</summary>
    public byte[] Mutate(JsonNode seed, InputRandom random)
    {
        JsonNode root = seed.DeepClone();
        for (int i = random.Few(_mostChanges); i > 0; i--)
        {
            Change(root, random);
        }

        byte[] text = Write(root);
        return random.OneIn(16) ? random.OneIn(2) ? ByteMutation.Mutate(text, random) : Escape(text, random) : text;
    }

    /// <summary>The text of a node, whatever it holds.</summary>
    public static byte[] Write(JsonNode? node)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { SkipValidation = true, MaxDepth = 1000 }))
        {
            if (node is null)
            {
                writer.WriteNullValue();
            }
            else
            {
                node.WriteTo(writer);
            }
        }

        return stream.ToArray();
    }

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject item => item.SelectMany(member => Names(member.Value).Prepend(member.Key)),
        JsonArray list => list.SelectMany(Names),
        _ => [],
    };

    /// <summary>Puts half of a surrogate pair, a zero or a repeated member into the text, which no tree of nodes can hold.</summary>
    private static byte[] Escape(byte[] text, InputRandom random)
    {
        int quote = text.AsSpan(random.Next(text.Length)).IndexOf((byte)'"');
        string[] escapes = ["\\ud800", "\\u0000", "\\udc00\\ud800", "a\":1,\"a", "\\uFFFF", "\\u001b[2J"];
        return quote < 0 ? text : [.. text[..(quote + 1)], .. Encoding.ASCII.GetBytes(random.Pick(escapes)), .. text[(quote + 1)..]];
    }

    private void Change(JsonNode root, InputRandom random)
    {
        JsonNode parent = Descend(root, random);
        switch (parent)
        {
            case JsonObject item:
                ChangeObject(item, random);
                break;
            case JsonArray list:
                ChangeList(list, random);
                break;
            default:
                break;
        }
    }

    /// <summary>An object or list somewhere in the tree; most of them lie deep, so each step down is likely.</summary>
    private static JsonNode Descend(JsonNode root, InputRandom random)
    {
        JsonNode node = root;
        while (!random.OneIn(4))
        {
            JsonNode? child = node switch
            {
                JsonObject { Count: > 0 } item => item.GetAt(random.Next(item.Count)).Value,
                JsonArray { Count: > 0 } list => list[random.Next(list.Count)],
                _ => null,
            };
            if (child is not (JsonObject or JsonArray))
            {
                break;
            }

            node = child;
        }

        return node;
    }

    private void ChangeObject(JsonObject item, InputRandom random)
    {
        if (item.Count == 0 || random.OneIn(3))
        {
            item[random.Pick(_names)] = Value(item, random);
            return;
        }

        int at = random.Next(item.Count);
        (string name, JsonNode? value) = item.GetAt(at);
        switch (random.Next(6))
        {
            case 0:
                item.RemoveAt(at);
                break;
            case 1:
                item.RemoveAt(at);
                item[random.Pick(_names)] = value;
                break;
            case 2:
                item[random.Pick(_names)] = value?.DeepClone();
                break;
            case 3:
                item[name] = Wrap(value?.DeepClone(), random);
                break;
            case 4:
                item[name] = Near(value, random);
                break;
            default:
                item[name] = Value(item, random);
                break;
        }
    }

    private void ChangeList(JsonArray list, InputRandom random)
    {
        if (list.Count == 0 || random.OneIn(5))
        {
            list.Insert(random.Next(list.Count + 1), Value(list, random));
            return;
        }

        int at = random.Next(list.Count);
        JsonNode? value = list[at];
        switch (random.Next(6))
        {
            case 0:
                list.RemoveAt(at);
                break;
            case 1:
                for (int i = random.OneIn(20) ? random.Next(1, 300) : random.Few(4); i > 0; i--)
                {
                    list.Insert(at, value?.DeepClone());
                }

                break;
            case 2:
                int other = random.Next(list.Count);
                JsonNode? moved = list[other]?.DeepClone();
                list[other] = value?.DeepClone();
                list[at] = moved;
                break;
            case 3:
                list[at] = Wrap(value?.DeepClone(), random);
                break;
            case 4:
                list[at] = Near(value, random);
                break;
            default:
                list[at] = Value(list, random);
                break;
        }
    }

    /// <summary>Another value: from the dictionary, from another place of this text or another, or a number.</summary>
    private JsonNode? Value(JsonNode near, InputRandom random) => random.Next(5) switch
    {
        0 => JsonValue.Create(ByteMutation.Number(random)),
        1 => Descend(near.Root, random) is var part && Depth(part) < MostDepth ? part.DeepClone() : null,
        2 => Descend(random.Pick(_seeds), random).DeepClone(),
        _ => random.Pick(_values)?.DeepClone(),
    };

    /// <summary>A value of the same kind.</summary>
    private JsonNode? Near(JsonNode? value, InputRandom random)
    {
        if (value is not JsonValue scalar)
        {
            return value?.DeepClone();
        }

        if (scalar.TryGetValue(out string? text))
        {
            return random.Next(5) switch
            {
                0 => text + text,
                1 => random.Pick(_names),
                2 => text.Length > 0 ? text[..random.Next(text.Length)] : "\0",
                3 => new string((char)random.Next(0x20, 0xD800), random.OneIn(20) ? random.Next(5000) : random.Few(6)),
                _ => text.Insert(random.Next(text.Length + 1), random.Pick("\\|()[]{}*+?^$.0aé😀\0".EnumerateRunes().ToArray()).ToString()),
            };
        }

        return scalar.TryGetValue(out bool flag) ? !flag
            : scalar.TryGetValue(out double number) && double.IsFinite(number) ? random.Next(5) switch
            {
                0 => -number,
                1 => number + 1,
                2 => number / 3,
                3 => 1e300,
                _ => ByteMutation.Number(random),
            }
            : scalar.DeepClone();
    }

    private JsonNode? Wrap(JsonNode? value, InputRandom random)
    {
        int levels = random.OneIn(20) ? random.Next(1, MostDepth) : random.Few(3);
        if (Depth(value) + levels > MostDepth)
        {
            return value;
        }

        string name = random.Pick(_names);
        for (; levels > 0; levels--)
        {
            value = random.OneIn(2) ? new JsonArray(value) : new JsonObject { [name] = value };
        }

        return value;
    }

    private static int Depth(JsonNode? node) => node switch
    {
        JsonObject item => 1 + item.Select(member => Depth(member.Value)).DefaultIfEmpty().Max(),
        JsonArray list => 1 + list.Select(Depth).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
