using System.Text.Json;

namespace Winnow.Formats;

/// <summary>Reads the small JSON texts of model files strictly; everything that is wrong in them ends as one kind of error.</summary>
internal static class JsonText
{
    private const int MaxDepth = 8;

    /// <summary>Reads what stands between the outer braces.</summary>
    public delegate void ObjectReader(ref Utf8JsonReader reader);

    /// <summary>Parses a text that is one object.</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="part">The part of the file that the text is, for errors.</param>
    /// <param name="text">The whole text, UTF-8.</param>
    /// <param name="read">Reads the object to its closing brace; throws <see cref="JsonException"/> where it does not fit.</param>
    /// <exception cref="ModelFormatException">The text is no JSON, or not what <paramref name="read"/> expects.</exception>
    public static void Parse(string path, string part, ReadOnlySpan<byte> text, ObjectReader read)
    {
        try
        {
            Utf8JsonReader reader = new(text, new JsonReaderOptions { MaxDepth = MaxDepth });
            ReadStartObject(ref reader, part);
            read(ref reader);
            while (reader.Read())
            {
                // Anything but white space after the object is an error of the reader.
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader reports text that is no valid UTF-8 or UTF-16 as InvalidOperationException.
            throw new ModelFormatException(path, $"{part} is not as it must be: {e.Message}", e);
        }
    }

    /// <summary>Moves on to the next property, or over the end of the object.</summary>
    public static bool ReadProperty(ref Utf8JsonReader reader, out string name)
    {
        reader.Read();
        bool isProperty = reader.TokenType == JsonTokenType.PropertyName;
        name = isProperty ? reader.GetString()! : "";
        return isProperty;
    }

    public static void ReadStartObject(ref Utf8JsonReader reader, string subject)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"{subject} must be an object, but is {reader.TokenType}");
        }
    }

    public static string ReadString(ref Utf8JsonReader reader, string subject) =>
        reader.Read() && reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : throw new JsonException($"'{subject}' must have a text, but has {reader.TokenType}");

    /// <summary>Reads an array of integers that are not negative.</summary>
    public static long[] ReadNaturals(ref Utf8JsonReader reader, int limit, string subject)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException($"{subject} must be an array, but is {reader.TokenType}");
        }

        List<long> numbers = [];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw new JsonException($"{subject} must hold integers from 0");
            }

            if (numbers.Count == limit)
            {
                throw new JsonException($"{subject} has more than {limit} numbers");
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
