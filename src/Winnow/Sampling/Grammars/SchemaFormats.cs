namespace Winnow.Sampling.Grammars;

/// <summary>The patterns of texts: those that a schema gives, and those of formats.</summary>
internal static class SchemaFormats
{
    private const string Date = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])";
    private const string Time = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])";

    /// <summary>What the parts ask of a text. A format beside a pattern is an annotation, as is one that is not known here.</summary>
    public static IEnumerable<(string Pattern, string Place)> Patterns(IReadOnlyList<SchemaPart> parts)
    {
        foreach (SchemaPart part in parts)
        {
            if (part["pattern"] is { } pattern)
            {
                yield return (JsonSchemaConverter.ReadText(pattern, part.At("pattern")), part.At("pattern"));
            }
            else if (part["format"] is { } format && PatternOf(JsonSchemaConverter.ReadText(format, part.At("format"))) is { } known)
            {
                yield return (known, part.At("format"));
            }
        }
    }

    private static string? PatternOf(string format) => format switch
    {
        "date" => $"^{Date}$",
        "time" => $"^{Time}$",
        "date-time" => $"^{Date}T{Time}$",
        "uuid" => "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
        _ => null,
    };
}
