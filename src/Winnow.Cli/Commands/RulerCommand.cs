using System.CommandLine;
using Winnow.Cli.Charts;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval ruler</c>: long-context cases under several attention methods on one load.</summary>
internal static class RulerCommand
{
    public static Command Create()
    {
        Command command = new Command("ruler", "Answer long-context cases under one or several attention methods.").WithExamples("winnow eval ruler --cases cases.jsonl.gz --attention \"full;recycled;delta\" --chart lengths.svg");
        ModelOptions model = new ModelOptions().AddTo(command);
        CaseOptions cases = new CaseOptions(required: true).AddTo(command);
        Option<string?> outputs = new("--outputs") { Description = "Write what the model answered to each case, JSON Lines.", HelpName = "FILE" };
        Option<string?> chart = new("--chart") { Description = "Draw accuracy and speed by length.", HelpName = "FILE.svg" };
        Option<bool> json = new("--json") { Description = "Print a JSON array with one object for each method." };
        foreach (Option option in (Option[])[outputs, chart, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            IReadOnlyList<AttentionOptions> attentions = model.Attentions(parsed);
            List<EvaluationCase> selected = cases.Read(parsed);
            using Engine engine = model.Load(parsed, cancellationToken);
            model.WriteNotes(engine, attentions);
            IReadOnlyList<RulerResult> results = Run(
                new Ruler(engine, attentions, model.SessionOptions(parsed)), selected, parsed.GetValue(outputs), cancellationToken);
            if (results[0].Total.Count == 0)
            {
                throw new UsageException($"none of the {selected.Count} cases fits the context; see --ctx and --lengths");
            }

            if (parsed.GetValue(chart) is { } path)
            {
                File.WriteAllText(path, RulerChart.Draw(results, $"{VisibleText.OneLine(engine.Model.Name)} {engine.Model.Quantization} on {PlacementText.Devices(engine)}"));
            }

            if (parsed.GetValue(json))
            {
                JsonOutput.WriteValue(writer => RulerReport.WriteJson(writer, engine.Model.Name, results));
            }
            else
            {
                RulerReport.WriteText(Console.Out, results);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static IReadOnlyList<RulerResult> Run(Ruler ruler, List<EvaluationCase> cases, string? outputs, CancellationToken cancellationToken)
    {
        using StreamWriter? writer = outputs is null ? null : new StreamWriter(outputs);
        using ProgressLine line = new("ruler");
        int right = 0;
        int answered = 0;
        return ruler.Run(
            cases,
            outcome =>
            {
                answered++;
                right += outcome.IsRight ? 1 : 0;
                if (writer is not null)
                {
                    writer.WriteLine(RulerReport.OutcomeLine(outcome));
                    writer.Flush();
                }
            },
            new SynchronousProgress<RulerProgress>(p => line.Report(p.Done, p.Total, $"{p.Case.Id}, {right} of {answered} right")),
            cancellationToken);
    }
}
