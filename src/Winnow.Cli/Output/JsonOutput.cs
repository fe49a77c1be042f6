using System.Text.Encodings.Web;
using System.Text.Json;

namespace Winnow.Cli.Output;

/// <summary>Machine-readable output: one JSON value on stdout.</summary>
internal static class JsonOutput
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one object.</summary>
    public static void Write(Action<Utf8JsonWriter> members) => WriteValue(json =>
    {
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
    });

    /// <summary>Writes one value of any kind.</summary>
    public static void WriteValue(Action<Utf8JsonWriter> value)
    {
        Stream output = StandardStreams.Bytes;
        using (Utf8JsonWriter json = new(output, Options))
        {
            value(json);
        }

        output.WriteByte((byte)'\n');
    }

    /// <summary>Writes a measurement with three decimals.</summary>
    public static void WriteRounded(Utf8JsonWriter json, string name, double value) => json.WriteNumber(name, Math.Round(value, 3));
}
