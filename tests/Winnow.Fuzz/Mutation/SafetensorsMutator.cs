using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Winnow.Fuzz.Running;

namespace Winnow.Fuzz.Mutation;

/// <summary>Changes safetensors files: the header as JSON, its length, and the values behind it.</summary>
internal sealed class SafetensorsMutator
{
    private const int LengthBytes = sizeof(long);

    private static readonly string[] Types =
        ["\"F64\"", "\"F32\"", "\"F16\"", "\"BF16\"", "\"I64\"", "\"I32\"", "\"I16\"", "\"I8\"", "\"U8\"", "\"BOOL\"", "\"F8_E4M3\"", "[0,0]", "[0]", "[]", "null", "-1", "18446744073709551615"];

    private readonly (JsonNode Header, byte[] Data)[] _seeds;
    private readonly JsonMutator _headers;
    private readonly string[] _names;
    private readonly string[] _texts;

    /// <param name="seeds">Good files.</param>
    /// <param name="names">Names of tensors and of metadata that mean something.</param>
    /// <param name="values">JSON values that do.</param>
    public SafetensorsMutator(IEnumerable<byte[]> seeds, IEnumerable<string> names, IEnumerable<string> values)
    {
        byte[][] files = [.. seeds];
        _names = [.. names];
        _texts = [.. values.Where(value => value.StartsWith('"')).Select(value => JsonNode.Parse(value)!.GetValue<string>()), "", "{}"];
        _seeds = [.. files.Select(file => (JsonNode.Parse(HeaderOf(file))!, file[(LengthBytes + HeaderOf(file).Length)..]))];
        _headers = new JsonMutator(
            files.Select(HeaderOf), [.. names, "__metadata__", "dtype", "shape", "data_offsets"], [.. values, .. Types]);
    }

    /// <summary>A changed file.</summary>
    public byte[] Mutate(InputRandom random) => Mutate(random.Next(_seeds.Length), random);

    /// <summary>A changed copy of one of the seeds.</summary>
    public byte[] Mutate(int seed, InputRandom random)
    {
        (JsonNode header, byte[] data) = _seeds[seed];
        bool changesData = random.OneIn(3) && data.Length > 0;
        byte[] text = changesData ? JsonMutator.Write(header) : random.OneIn(2) ? ChangedWithCare(header, random) : _headers.Mutate(header, random);
        if (changesData)
        {
            data = random.OneIn(4) ? ByteMutation.Mutate(data, random) : ChangedValues(data, random);
        }

        long length = random.OneIn(32) ? ByteMutation.Number(random) : text.Length;
        byte[] file = new byte[LengthBytes + text.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, length);
        text.CopyTo(file, LengthBytes);
        data.CopyTo(file, LengthBytes + text.Length);
        return random.OneIn(32) ? ByteMutation.Mutate(file, random) : file;
    }

    /// <summary>Changes a header into another that fits the values: names, shapes of as many elements, types of the same size, texts.</summary>
    private byte[] ChangedWithCare(JsonNode header, InputRandom random)
    {
        JsonObject changed = header.DeepClone().AsObject();
        for (int i = random.Few(3); i > 0; i--)
        {
            int at = random.Next(changed.Count);
            (string name, JsonNode? value) = changed.GetAt(at);
            if (name == "__metadata__" && value is JsonObject { Count: > 0 } texts)
            {
                int text = random.Next(texts.Count);
                string before = texts.GetAt(text).Value!.GetValue<string>();
                texts[texts.GetAt(text).Key] = random.OneIn(2) ? random.Pick(_texts) : ChangedText(before, random);
            }
            else if (value is JsonObject tensor && tensor["shape"] is JsonArray shape)
            {
                switch (random.Next(4))
                {
                    case 0:
                        changed.RemoveAt(at);
                        changed[random.Pick(_names)] = value;
                        break;
                    case 1:
                        tensor["shape"] = new JsonArray([.. shape.Reverse().Select(extent => extent!.DeepClone())]);
                        break;
                    case 2:
                        shape.Insert(random.Next(shape.Count + 1), 1);
                        break;
                    default:
                        tensor["dtype"] = (string?)tensor["dtype"] is "F32" or "I32" ? "I32" : random.Pick(new[] { "F16", "BF16", "I16" });
                        break;
                }
            }
        }

        return JsonMutator.Write(changed);
    }

    /// <summary>Settings are JSON within a text.</summary>
    private static string ChangedText(string text, InputRandom random)
    {
        char[] characters = [.. text];
        for (int i = random.Few(4); i > 0 && characters.Length > 0; i--)
        {
            characters[random.Next(characters.Length)] = random.Pick("0123456789-.,:[]{}\"tfn eE\\".ToCharArray());
        }

        return new string(characters);
    }

    /// <summary>Puts infinities, numbers that are none and others into the values, whose length stays.</summary>
    private static byte[] ChangedValues(byte[] data, InputRandom random)
    {
        float[] numbers = [float.NaN, float.PositiveInfinity, float.NegativeInfinity, 0, -0f, float.MaxValue, float.Epsilon, -1, 1e20f];
        byte[] changed = [.. data];
        for (int i = random.Few(8); i > 0 && changed.Length >= sizeof(float); i--)
        {
            BinaryPrimitives.WriteSingleLittleEndian(changed.AsSpan(random.Next(changed.Length / sizeof(float)) * sizeof(float)), random.Pick(numbers));
        }

        return changed;
    }

    private static string HeaderOf(byte[] file) =>
        Encoding.UTF8.GetString(file, LengthBytes, (int)BinaryPrimitives.ReadInt64LittleEndian(file));
}
