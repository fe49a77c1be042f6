using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Winnow.Sampling.Grammars;

/// <summary>A JSON value as a model writes it: compact, and with letters of every script as they are.</summary>
internal static class JsonLiteral
{
    public static string Write(JsonNode? node)
    {
        StringBuilder text = new();
        Write(text, node);
        return text.ToString();
    }

    public static string Quote(string value)
    {
        StringBuilder text = new();
        Quote(text, value);
        return text.ToString();
    }

    /// <summary>A character as a string holds it: escaped only where it must be.</summary>
    public static string Escape(int codePoint)
    {
        StringBuilder text = new();
        Append(text, char.ConvertFromUtf32(codePoint));
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node)
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new InvalidOptionException("a value of the JSON schema nests too deeply");
        }

        string separator = "";
        switch (node)
        {
            case JsonArray items:
                text.Append('[');
                foreach (JsonNode? item in items)
                {
                    Write(text.Append(separator), item);
                    separator = ",";
                }

                text.Append(']');
                break;
            case JsonObject members:
                text.Append('{');
                foreach ((string key, JsonNode? value) in members)
                {
                    Quote(text.Append(separator), key);
                    Write(text.Append(':'), value);
                    separator = ",";
                }

                text.Append('}');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                Quote(text, value.GetValue<string>());
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        Append(text, value);
        text.Append('"');
    }

    private static void Append(StringBuilder text, string value)
    {
        foreach (char c in value)
        {
            _ = c switch
            {
                '/' => text.Append(c),
                < ' ' when !JsonGrammar.Escapes.ContainsKey(c) => text.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
                _ => JsonGrammar.Escapes.TryGetValue(c, out string? escape) ? text.Append(escape) : text.Append(c),
            };
        }
    }
}
