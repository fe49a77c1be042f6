using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Templates.Jinja.Values;

namespace Winnow.Templates.Jinja.Library;

/// <summary>JSON as the values of a template.</summary>
internal static class JsonReader
{
    public static object? Read(Runtime runtime, JsonNode? node)
    {
        runtime.Charge(1);
        Runtime.CheckStack();
        switch (node)
        {
            case null:
                return null;
            case JsonArray array:
                List<object?> list = new(array.Count);
                foreach (JsonNode? item in array)
                {
                    list.Add(Read(runtime, item));
                }

                return list;
            case JsonObject members:
                PythonDict dict = new(runtime);
                foreach ((string key, JsonNode? value) in members)
                {
                    dict.Set(key, Read(runtime, value));
                }

                return dict;
            default:
                return ReadValue(node.AsValue());
        }
    }

    private static object? ReadValue(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => ReadNumber(value),
        _ => null,
    };

    private static object ReadNumber(JsonValue value)
    {
        // A double made by code is one even where it has no fraction; in parsed text the notation decides.
        string text = value.ToJsonString();
        return text.AsSpan().IndexOfAny(".eE") >= 0 || (!value.TryGetValue(out JsonElement _) && value.TryGetValue(out double _) && !value.TryGetValue(out long _))
            ? double.Parse(text, CultureInfo.InvariantCulture)
            : text.Length <= Number.MaxBits / 4
                ? Number.Normalize(BigInteger.Parse(text, CultureInfo.InvariantCulture))
                : throw TemplateRuntimeException.Value("a number in the input has too many digits");
    }
}
