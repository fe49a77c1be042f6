using System.Text;
using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>Reads the JSON files of a Hugging Face folder.</summary>
internal static class JsonFile
{
    private const long MaxBytes = 256 << 20;

    /// <summary>An object without properties.</summary>
    public static JsonElement Empty { get; } = Parse("", "{}"u8.ToArray());

    /// <summary>Reads a file that is one object.</summary>
    /// <exception cref="ModelFormatException">The file is missing or no JSON object.</exception>
    public static JsonElement Read(string path) => Parse(path, ReadBytes(path));

    /// <summary>Parses a text that is one object.</summary>
    /// <param name="path">The file that errors name.</param>
    /// <param name="text">UTF-8.</param>
    /// <exception cref="ModelFormatException">The text is no JSON object.</exception>
    public static JsonElement Parse(string path, ReadOnlyMemory<byte> text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new ModelFormatException(path, $"must be a JSON object, but is {document.RootElement.ValueKind}");
        }
        catch (JsonException e)
        {
            throw new ModelFormatException(path, $"is no JSON: {e.Message}", e);
        }
    }

    /// <summary>Reads a text file.</summary>
    /// <exception cref="ModelFormatException">The file is missing, or too large.</exception>
    public static string ReadText(string path) => Encoding.UTF8.GetString(ReadBytes(path));

    /// <summary>A text, or null where there is none.</summary>
    public static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    /// <summary>A truth value, or null where there is none.</summary>
    public static bool? Flag(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value)
            ? value.ValueKind switch { JsonValueKind.True => true, JsonValueKind.False => false, _ => null }
            : null;

    /// <summary>A list, or null where there is none.</summary>
    public static List<JsonElement>? List(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray()]
            : null;

    private static byte[] ReadBytes(string path)
    {
        try
        {
            long length = new FileInfo(path).Length;
            return length <= MaxBytes
                ? File.ReadAllBytes(path)
                : throw new ModelFormatException(path, $"has {length:N0} bytes, but at most {MaxBytes:N0} are read");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
