using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval s3</c>: how often retrieval finds the evidence of long-context cases.</summary>
internal static class RetrievalCommand
{
    public static Command Create()
    {
        Command command = new("s3", "Measure how often S³ retrieval finds the evidence: with features only, words only, and both.");
        ModelOptions model = new ModelOptions().AddTo(command);
        CaseOptions cases = new CaseOptions(required: true).AddTo(command);
        SearchCliOptions search = new SearchCliOptions().AddTo(command);
        ScanOptions scan = new ScanOptions().AddTo(command);
        Option<bool> json = new("--json") { Description = "Print a JSON array with one object for each task and length." };
        command.Add(json);
        command.SetAction((parsed, cancellationToken) =>
        {
            List<EvaluationCase> selected = cases.Read(parsed);
            using Engine engine = model.Load(parsed, cancellationToken);
            using ProgressLine line = new("retrieval");
            IReadOnlyList<RetrievalScore> scores = RetrievalRecall.Run(
                engine,
                selected,
                search.Read(parsed),
                scan.Read(parsed),
                new SynchronousProgress<RulerProgress>(p => line.Report(p.Done, p.Total, p.Case.Id)),
                cancellationToken);
            line.Dispose();
            if (parsed.GetValue(json))
            {
                WriteJson(scores);
            }
            else
            {
                WriteText(scores);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static void WriteText(IReadOnlyList<RetrievalScore> scores)
    {
        TextTable table = new("task", "length", "cases", "features", "words", "hybrid", "evidence", "scan ms", "search ms");
        foreach (RetrievalScore score in scores)
        {
            table.Add(
                score.Task,
                RulerReport.Length(score.Length),
                score.Cases.ToString(CultureInfo.InvariantCulture),
                score.Features is { } features ? Share(features, score.Cases) : "-",
                Share(score.Words, score.Cases),
                Share(score.Hybrid, score.Cases),
                Percent(score.EvidenceFraction),
                score.ScanMs.ToString("F0", CultureInfo.InvariantCulture),
                score.SearchMs.ToString("F1", CultureInfo.InvariantCulture));
        }

        Console.Out.WriteLine(table);
        if (scores.Any(score => score.Features is null))
        {
            Console.Error.WriteLine("note: the model has not been calibrated for s3: words only (winnow calibrate --methods s3)");
        }
    }

    private static void WriteJson(IReadOnlyList<RetrievalScore> scores) => JsonOutput.WriteValue(json =>
    {
        json.WriteStartArray();
        foreach (RetrievalScore score in scores)
        {
            json.WriteStartObject();
            json.WriteString("task", score.Task);
            json.WriteNumber("length", score.Length);
            json.WriteNumber("n", score.Cases);
            if (score.Features is { } features)
            {
                JsonOutput.WriteRounded(json, "recall_features", features);
            }

            JsonOutput.WriteRounded(json, "recall_words", score.Words);
            JsonOutput.WriteRounded(json, "recall_hybrid", score.Hybrid);
            JsonOutput.WriteRounded(json, "evidence_fraction", score.EvidenceFraction);
            JsonOutput.WriteRounded(json, "scan_ms", score.ScanMs);
            JsonOutput.WriteRounded(json, "search_ms", score.SearchMs);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>A part of the cases, and where it lies with 95 % confidence.</summary>
    private static string Share(double value, int cases) => $"{Percent(value)} ({RulerReport.Range(Interval.Of((int)Math.Round(value * cases), cases))})";

    private static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{100 * value:F1} %");
}
