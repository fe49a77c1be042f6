using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Output;

/// <summary>Results of long-context cases, for people and for programs.</summary>
internal static class RulerReport
{
    private static readonly JsonWriterOptions LineOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>An array with one object for each method.</summary>
    public static void WriteJson(Utf8JsonWriter json, string model, IReadOnlyList<RulerResult> results)
    {
        json.WriteStartArray();
        foreach (RulerResult result in results)
        {
            json.WriteStartObject();
            json.WriteString("model", model);
            json.WriteString("attention", result.Attention.ToString());
            json.WriteNumber("cases", result.Total.Count);
            json.WriteNumber("skipped", result.Skipped);
            WriteAccuracy(json, result.Total);
            json.WriteStartObject("by_task");
            foreach ((string task, RulerResult ofTask) in result.ByTask)
            {
                json.WriteStartObject(task);
                foreach ((int length, RulerScore score) in ofTask.ByLength)
                {
                    json.WriteStartObject(length.ToString(CultureInfo.InvariantCulture));
                    json.WriteNumber("n", score.Count);
                    WriteAccuracy(json, score);
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
            WriteRatio(json, "attended_fraction", result.Total.AttendedFraction);
            JsonOutput.WriteRounded(json, "decode_tps", result.Total.DecodeTokensPerSecond);
            JsonOutput.WriteRounded(json, "prefill_tps", result.Total.PrefillTokensPerSecond);
            json.WriteNumber("kv_resident_bytes", result.Total.KvResidentBytes);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>A summary of all methods, then accuracy by task and length for each.</summary>
    public static void WriteText(TextWriter output, IReadOnlyList<RulerResult> results)
    {
        TextTable summary = new("attention", "right", "accuracy", "95 % interval", "rows read", "decode tok/s", "prefill tok/s", "KV MiB");
        foreach (RulerResult result in results)
        {
            summary.Add(
                result.Attention.ToString(),
                Text($"{result.Total.Right} of {result.Total.Count}"),
                Percent(result.Total.Accuracy),
                Range(result.Total.Interval),
                Percent(result.Total.AttendedFraction),
                Text($"{result.Total.DecodeTokensPerSecond:F1}"),
                Text($"{result.Total.PrefillTokensPerSecond:F0}"),
                Text($"{result.Total.KvResidentBytes / 1048576.0:F1}"));
        }

        output.WriteLine(summary);
        foreach (RulerResult result in results)
        {
            int[] lengths = [.. result.ByLength.Select(row => row.Length)];
            TextTable table = new([result.Attention.ToString(), .. lengths.Select(Length), "all"]);
            foreach ((string task, RulerResult ofTask) in result.ByTask)
            {
                table.Add([task, .. Cells(lengths, ofTask, Fraction), Fraction(ofTask.Total)]);
            }

            table.Add(["all", .. Cells(lengths, result, Fraction), Fraction(result.Total)]);
            table.Add(["accuracy", .. Cells(lengths, result, score => Percent(score.Accuracy)), Percent(result.Total.Accuracy)]);
            table.Add(["95 % interval", .. Cells(lengths, result, score => Range(score.Interval)), Range(result.Total.Interval)]);
            output.WriteLine(table);
        }

        if (results[0].Skipped > 0)
        {
            output.WriteLine($"{results[0].Skipped} cases do not fit the context and were left out.");
        }
    }

    /// <summary>One case and method as a line of JSON.</summary>
    public static string OutcomeLine(RulerOutcome outcome)
    {
        using MemoryStream line = new();
        using (Utf8JsonWriter json = new(line, LineOptions))
        {
            json.WriteStartObject();
            json.WriteString("attention", outcome.Attention.ToString());
            json.WriteString("id", outcome.Case.Id);
            json.WriteString("task", outcome.Case.Task);
            json.WriteNumber("target_length", outcome.Case.TargetLength);
            json.WriteNumber("prompt_tokens", outcome.PromptTokens);
            json.WriteString("output", outcome.Output);
            json.WriteStartArray("expected");
            foreach (string expected in outcome.Case.Expected)
            {
                json.WriteStringValue(expected);
            }

            json.WriteEndArray();
            json.WriteBoolean("right", outcome.IsRight);
            WriteRatio(json, "attended_fraction", outcome.DenseRows == 0 ? 1 : (double)outcome.AttendedRows / outcome.DenseRows);
            JsonOutput.WriteRounded(json, "prefill_ms", outcome.Prefill.TotalMilliseconds);
            json.WriteNumber("decode_steps", outcome.DecodeSteps);
            JsonOutput.WriteRounded(json, "decode_ms", outcome.Decode.TotalMilliseconds);
            json.WriteNumber("kv_resident_bytes", outcome.KvResidentBytes);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length);
    }

    /// <summary>A length as the field writes it: 4K, 16K, 1000.</summary>
    public static string Length(int tokens) => tokens % 1024 == 0 ? Text($"{tokens / 1024}K") : Text($"{tokens}");

    private static IEnumerable<string> Cells(int[] lengths, RulerResult result, Func<RulerScore, string> cell)
    {
        Dictionary<int, RulerScore> scores = result.ByLength.ToDictionary(row => row.Length, row => row.Score);
        return lengths.Select(length => scores.TryGetValue(length, out RulerScore? score) ? cell(score) : "");
    }

    private static void WriteAccuracy(Utf8JsonWriter json, RulerScore score)
    {
        WriteRatio(json, "accuracy", score.Accuracy);
        json.WriteStartArray("accuracy_95");
        json.WriteNumberValue(Math.Round(score.Interval.Low, 6));
        json.WriteNumberValue(Math.Round(score.Interval.High, 6));
        json.WriteEndArray();
    }

    /// <summary>Both ends of an interval in whole percent.</summary>
    public static string Range(Interval interval) => Text($"{100 * interval.Low:F0}–{100 * interval.High:F0} %");

    private static string Fraction(RulerScore score) => Text($"{score.Right}/{score.Count}");

    private static void WriteRatio(Utf8JsonWriter json, string name, double value) => json.WriteNumber(name, Math.Round(value, 6));

    private static string Percent(double value) => Text($"{100 * value:F1} %");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
