using System.IO.Compression;
using System.Text.Encodings.Web;
using System.Text.Json;
using Winnow.Formats;

namespace Winnow.Lab.Evaluation;

/// <summary>Files of cases: JSON Lines, one case a line, plain or compressed with gzip.</summary>
public static class EvaluationCaseFile
{
    /// <summary>More than a prompt of a million tokens; a line beyond it is no case.</summary>
    internal const int MaxLineBytes = 16 << 20;

    private const int MaxExpected = 1024;
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Reads cases one by one; the file is never held in memory as a whole.</summary>
    /// <exception cref="EvaluationCaseException">A line is no case; the message names the line and what is wrong with it.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IEnumerable<EvaluationCase> Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ReadLines(path);
    }

    /// <summary>Writes cases, compressed where the name ends with <c>.gz</c>; the file appears when it is complete.</summary>
    /// <exception cref="WinnowException">The file cannot be written, or another writer has it.</exception>
    public static void Write(string path, IEnumerable<EvaluationCase> cases)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(cases);
        using ReplacingFile file = new(path, length: 0);
        Stream output = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
            ? new GZipStream(file.Stream, CompressionLevel.Optimal, leaveOpen: true)
            : file.Stream;
        foreach (EvaluationCase item in cases)
        {
            // What goes wrong where cases come from is not the file's.
            Try(path, () => WriteLine(output, item));
        }

        Try(path, () => Finish(output));
        file.Commit();
    }

    private static void Try(string path, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (ReplacingFile.IsSystemError(e))
        {
            throw ReplacingFile.CannotBeWritten(path, e);
        }
    }

    private static void WriteLine(Stream output, EvaluationCase item)
    {
        using (Utf8JsonWriter json = new(output, WriterOptions))
        {
            WriteCase(json, item);
        }

        output.WriteByte((byte)'\n');
    }

    private static void Finish(Stream output)
    {
        if (output is GZipStream compressed)
        {
            compressed.Dispose();
        }
    }

    private static IEnumerable<EvaluationCase> ReadLines(string path)
    {
        using FileStream file = File.OpenRead(path);
        using Stream input = IsCompressed(file) ? new GZipStream(file, CompressionMode.Decompress) : file;
        JsonLineReader lines = new(input, path, MaxLineBytes);
        while (lines.Next() is { } line)
        {
            yield return Parse(path, lines.Line, line);
        }
    }

    private static bool IsCompressed(FileStream file)
    {
        bool compressed = file.ReadByte() == 0x1F && file.ReadByte() == 0x8B;
        file.Position = 0;
        return compressed;
    }

    private static EvaluationCase Parse(string path, int line, ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new EvaluationCaseException(path, line, $"a case is a JSON object, this is {Kind(root)}");
            }

            return new EvaluationCase
            {
                Id = Text(root, "id") ?? throw Missing("id"),
                Task = Text(root, "task") ?? throw Missing("task"),
                TargetLength = Integer(root, "target_length", 1) ?? throw Missing("target_length"),
                LengthTokens = Integer(root, "length_tokens", 0) ?? 0,
                Depth = Depth(root),
                Prompt = Text(root, "prompt") is { Length: > 0 } prompt ? prompt : throw Missing("prompt"),
                Answer = Text(root, "answer") ?? "",
                AnswerTokens = Integer(root, "answer_tokens", 0) ?? throw Missing("answer_tokens"),
                Expected = Expected(root),
            };
        }
        catch (JsonException e)
        {
            throw new EvaluationCaseException(path, line, $"this is no JSON, from byte {e.BytePositionInLine} on", e);
        }
        catch (InvalidOperationException e)
        {
            throw new EvaluationCaseException(path, line, $"a text in it is no valid Unicode: {e.Message}", e);
        }

        EvaluationCaseException Missing(string name) => new(path, line, $"'{name}' is missing or empty");

        EvaluationCaseException Wrong(string name, string wanted, JsonElement found) => new(path, line, $"'{name}' must be {wanted}, not {Kind(found)}");

        string? Text(JsonElement parent, string name)
        {
            if (!parent.TryGetProperty(name, out JsonElement value))
            {
                return null;
            }

            return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "a text", value);
        }

        int? Integer(JsonElement parent, string name, int least)
        {
            if (!parent.TryGetProperty(name, out JsonElement value))
            {
                return null;
            }

            return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= least
                ? number
                : throw Wrong(name, $"a whole number from {least}", value);
        }

        double Depth(JsonElement parent)
        {
            if (!parent.TryGetProperty("depth", out JsonElement value))
            {
                return 0;
            }

            return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double depth) && depth is >= 0 and <= 1
                ? depth
                : throw Wrong("depth", "a number from 0 to 1", value);
        }

        string[] Expected(JsonElement parent)
        {
            if (!parent.TryGetProperty("expected", out JsonElement list))
            {
                throw Missing("expected");
            }

            // An empty list would count every output as right.
            if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() is 0 or > MaxExpected)
            {
                throw Wrong("expected", $"a list of 1 to {MaxExpected} texts", list);
            }

            return [.. list.EnumerateArray().Select(
                item => item.ValueKind == JsonValueKind.String && item.GetString() is { Length: > 0 } text ? text : throw Wrong("expected", "a list of texts", item))];
        }
    }

    private static string Kind(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => $"a list of {element.GetArrayLength()}",
        JsonValueKind.String => "a text" + (element.GetString() is { Length: 0 } ? " without content" : ""),
        JsonValueKind.Number => element.GetRawText(),
        _ => element.GetRawText(),
    };

    private static void WriteCase(Utf8JsonWriter json, EvaluationCase item)
    {
        json.WriteStartObject();
        json.WriteString("id", item.Id);
        json.WriteString("task", item.Task);
        json.WriteNumber("target_length", item.TargetLength);
        json.WriteNumber("length_tokens", item.LengthTokens);
        json.WriteNumber("depth", Math.Round(item.Depth, 3));
        json.WriteString("prompt", item.Prompt);
        json.WriteString("answer", item.Answer);
        json.WriteNumber("answer_tokens", item.AnswerTokens);
        json.WriteStartArray("expected");
        foreach (string expected in item.Expected)
        {
            json.WriteStringValue(expected);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
