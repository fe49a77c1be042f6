using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Tokenization.HuggingFace;

/// <summary>Access to a JSON file of a Hugging Face directory that names file and property when it fails.</summary>
/// <param name="path">The file.</param>
internal sealed class TokenizerJson(string path)
{
    /// <summary>The file that errors name.</summary>
    public string Path => path;

    /// <summary>The root object of a file, or null where the file does not exist.</summary>
    public static JsonElement? Open(string path) => File.Exists(path) ? JsonFile.Read(path) : null;

    /// <summary>An error about this file.</summary>
    public ModelFormatException Error(string problem) => new(path, problem);

    /// <summary>An error about a component of an unknown kind.</summary>
    public ModelFormatException Unsupported(string component, string found, string supported) =>
        Error($"{component} '{found}' is not supported; supported are {supported}");

    /// <summary>A property; undefined where it is absent.</summary>
    public static JsonElement Optional(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : default;

    /// <summary>A property that must be a text.</summary>
    public string Text(JsonElement element, string name) => TextOf(Optional(element, name), $"'{name}'");

    /// <summary>A value that must be a text.</summary>
    public string TextOf(JsonElement value, string subject) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw Error($"{subject} must be a text, but is {value.ValueKind}");

    /// <summary>A property that must be true or false where it is there and not null.</summary>
    public bool Flag(JsonElement element, string name, bool absent)
    {
        JsonElement value = Optional(element, name);
        return value.ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            JsonValueKind.Null or JsonValueKind.Undefined => absent,
            _ => throw Error($"'{name}' must be true or false, but is {value.ValueKind}"),
        };
    }

    /// <summary>A value that must be an id.</summary>
    public int Id(JsonElement value, string subject) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0
        ? id
        : throw Error($"{subject} must be an id, but is {value.ValueKind} {(value.ValueKind == JsonValueKind.Number ? value.GetRawText() : "")}");

    /// <summary>The items of a property that must be an array.</summary>
    public JsonElement.ArrayEnumerator Items(JsonElement element, string name)
    {
        JsonElement value = Optional(element, name);
        return value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw Error($"'{name}' must be an array, but is {value.ValueKind}");
    }

    /// <summary>The <c>pattern</c> of a component.</summary>
    /// <param name="element">The component.</param>
    /// <param name="pattern">An expression in .NET's syntax, or a text to be taken literally.</param>
    /// <returns>Whether it is an expression.</returns>
    public bool Pattern(JsonElement element, out string pattern)
    {
        JsonElement value = Optional(element, "pattern");
        JsonElement regex = Optional(value, "Regex");
        if (regex.ValueKind == JsonValueKind.Undefined)
        {
            pattern = TextOf(Optional(value, "String"), "'pattern'");
            return false;
        }

        string source = TextOf(regex, "'Regex'");
        try
        {
            pattern = OnigurumaPattern.Translate(source);
            return true;
        }
        catch (ArgumentException error)
        {
            throw Error($"the pattern '{Quoted.Cut(source)}' is not supported: {error.Message}");
        }
    }
}
