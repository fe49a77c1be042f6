using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Winnow.Formats;

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
            text = PythonNumbers.Remove(text);
            CheckTexts(path, text.Span);
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
    public static string ReadText(string path) => Encoding.UTF8.GetString(ReadBytes(path).Span);

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

    /// <summary>Refuses what is valid for the parser but fails when a text is taken out: bytes that are no UTF-8, escaped halves of surrogate pairs.</summary>
    public static void CheckTexts(string path, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            throw new ModelFormatException(path, "is no valid UTF-8");
        }

        Utf8JsonReader reader = new(text);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                try
                {
                    reader.GetString();
                }
                catch (InvalidOperationException e)
                {
                    throw new ModelFormatException(path, $"has a text that is no valid Unicode at byte {reader.TokenStartIndex}", e);
                }
            }
        }
    }

    /// <summary>Reads as many bytes as the file has. Pipes and devices have none, also behind a link, and are not opened.</summary>
    private static byte[] ReadAtMost(string path)
    {
        FileInfo file = new(path);
        long length = (file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file).Length;
        if (length > MaxBytes)
        {
            throw new ModelFormatException(path, $"has {length:N0} bytes, but at most {MaxBytes:N0} are read");
        }

        byte[] bytes = new byte[length];
        if (length > 0)
        {
            using FileStream stream = File.OpenRead(path);
            stream.ReadExactly(bytes);
        }

        return bytes;
    }

    private static ReadOnlyMemory<byte> ReadBytes(string path)
    {
        try
        {
            ReadOnlyMemory<byte> bytes = ReadAtMost(path);
            return bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(path, $"cannot be read: {e.Message}", e);
        }
    }
}
