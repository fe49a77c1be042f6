using System.Globalization;
using System.Text.Json;
using Winnow.Retrieval;

namespace Winnow.Cli.Output;

/// <summary>Evidence, for people and for programs.</summary>
internal static class SpanReport
{
    /// <summary>Each span with where it comes from above its text.</summary>
    public static void WriteText(TextWriter output, IReadOnlyList<EvidenceSpan> spans)
    {
        foreach (EvidenceSpan span in spans)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"[{VisibleText.OneLine(span.Document)}, characters {span.FirstCharacter}-{span.EndCharacter}, tokens {span.FirstToken}-{span.EndToken}, score {span.Score:F2}, {Sources(span)}]"));
            output.WriteLine(span.Text.Trim());
            output.WriteLine();
        }
    }

    /// <summary>The member <c>spans</c>.</summary>
    public static void WriteJson(Utf8JsonWriter json, IReadOnlyList<EvidenceSpan> spans)
    {
        json.WriteStartArray("spans");
        foreach (EvidenceSpan span in spans)
        {
            json.WriteStartObject();
            json.WriteString("document", span.Document);
            json.WriteNumber("first_token", span.FirstToken);
            json.WriteNumber("end_token", span.EndToken);
            json.WriteNumber("first_character", span.FirstCharacter);
            json.WriteNumber("end_character", span.EndCharacter);
            json.WriteNumber("score", Math.Round(span.Score, 4));
            json.WriteString("source", Sources(span));
            json.WriteString("text", span.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Sources(EvidenceSpan span) => span.Source.ToString().ToLowerInvariant();
}
