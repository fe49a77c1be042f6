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
                    dict.Set(runtime.FromInput(key), Read(runtime, value));
                }

                return dict;
            default:
                return ReadValue(runtime, node.AsValue());
        }
    }

    /// <summary>Messages. A role that is no more than a name is not taken as text of the input: templates make tokens of it, <c>&lt;|user|&gt;</c> say.</summary>
    public static List<object?> ReadMessages(Runtime runtime, JsonArray messages)
    {
        List<object?> list = new(messages.Count);
        foreach (JsonNode? message in messages)
        {
            object? read = Read(runtime, message);
            if (read is PythonDict dict && dict.TryGet("role", out object? role) && role is string name && name.All(IsOfName))
            {
                dict.Set("role", runtime.FromTemplate(name));
            }

            list.Add(read);
        }

        return list;
    }

    private static bool IsOfName(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_';

    private static object? ReadValue(Runtime runtime, JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => runtime.FromInput(value.GetValue<string>()),
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
