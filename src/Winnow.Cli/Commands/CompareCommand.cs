using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval compare</c>: how far attention methods are from full attention along the same tokens.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        Command command = new Command("compare", "Compare attention methods with full attention along the same tokens.").WithExamples("winnow eval compare -f book.txt --attention \"recycled;delta\"");
        ModelOptions model = new ModelOptions().AddTo(command);
        CaseOptions cases = new CaseOptions(required: false).AddTo(command);
        Option<string?> file = new("--file", "-f") { Description = "A text; instead of --cases, which gives prompts and answers.", HelpName = "TEXT" };
        Option<int> prompt = new("--prompt") { Description = "With -f: tokens that are prefilled.", DefaultValueFactory = _ => 4096, HelpName = "N" };
        Option<int> tokens = new("--tokens") { Description = "With -f: tokens that follow, one step each.", DefaultValueFactory = _ => 256, HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Print a JSON array with one object for each method." };
        foreach (Option option in (Option[])[file, prompt, tokens, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            if (parsed.GetValue(file) is null != cases.IsGiven(parsed))
            {
                throw new UsageException("name what to read once: --cases FILE or -f TEXT");
            }

            using Engine engine = model.Load(parsed, cancellationToken);
            List<(int[] Prompt, int[] Forced)> texts = parsed.GetValue(file) is { } path
                ? [Cut(engine, path, parsed.GetValue(prompt), parsed.GetValue(tokens), cancellationToken)]
                : [.. cases.Read(parsed).Select(item => (engine.Tokenizer.Encode(item.Prompt, addSpecial: true, parseSpecial: true), engine.Tokenizer.Encode(item.Answer)))];
            IReadOnlyList<AttentionOptions> attentions = model.Attentions(parsed);
            model.WriteNotes(engine, attentions);
            using MethodComparison comparison = new(engine, attentions, model.SessionOptions(parsed));
            using ProgressLine line = new("compare");
            for (int i = 0; i < texts.Count; i++)
            {
                int done = i;
                comparison.Add(
                    texts[i].Prompt,
                    texts[i].Forced,
                    new SynchronousProgress<double>(fraction => line.Report(done + fraction, texts.Count)),
                    cancellationToken);
            }

            line.Dispose();
            if (parsed.GetValue(json))
            {
                JsonOutput.WriteValue(writer => WriteJson(writer, comparison.Results));
            }
            else
            {
                WriteText(comparison.Results);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static (int[] Prompt, int[] Forced) Cut(Engine engine, string path, int prompt, int forced, CancellationToken cancellationToken)
    {
        if (prompt < 1 || forced < 1)
        {
            throw new UsageException("--prompt and --tokens must be at least 1");
        }

        int[] ids = engine.Tokenizer.Encode(DocumentFiles.Read(path, cancellationToken), addSpecial: true, cancellationToken: cancellationToken);
        return ids.Length >= prompt + forced
            ? (ids[..prompt], ids[prompt..(prompt + forced)])
            : throw new UsageException($"{path} has {ids.Length} tokens, fewer than --prompt {prompt} and --tokens {forced} together");
    }

    internal static void WriteJson(Utf8JsonWriter json, IReadOnlyList<ComparisonResult> results)
    {
        json.WriteStartArray();
        foreach (ComparisonResult result in results)
        {
            json.WriteStartObject();
            json.WriteString("attention", result.Attention.ToString());
            json.WriteNumber("tokens", result.Tokens);
            json.WriteNumber("kl_mean", result.MeanDivergence);
            json.WriteNumber("kl_p99", result.Divergence99);
            json.WriteNumber("top1_agreement", result.TopOneAgreement);
            json.WriteNumber("attended_fraction", result.AttendedFraction);
            WriteLayers(json, "recovered_mass", result.RecoveredMass);
            WriteLayers(json, "top_recall", result.TopRecall);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteLayers(Utf8JsonWriter json, string name, IReadOnlyList<double> layers)
    {
        json.WriteStartArray(name);
        foreach (double layer in layers)
        {
            json.WriteNumberValue(Math.Round(layer, 6));
        }

        json.WriteEndArray();
    }

    private static void WriteText(IReadOnlyList<ComparisonResult> results)
    {
        TextTable table = new("attention", "no.", "tokens", "KL mean", "KL p99", "same top token", "rows read");
        for (int i = 0; i < results.Count; i++)
        {
            ComparisonResult result = results[i];
            table.Add(
                result.Attention.ToString(),
                Text($"{i + 1}"),
                Text($"{result.Tokens}"),
                Text($"{result.MeanDivergence:F5}"),
                Text($"{result.Divergence99:F5}"),
                Text($"{100 * result.TopOneAgreement:F1} %"),
                Text($"{100 * result.AttendedFraction:F1} %"));
        }

        Console.Out.WriteLine(table);
        WriteLayers("recovered attention by layer", results, result => result.RecoveredMass);
        WriteLayers("recall of the rows with most attention", results, result => result.TopRecall);
    }

    private static void WriteLayers(string title, IReadOnlyList<ComparisonResult> results, Func<ComparisonResult, IReadOnlyList<double>> values)
    {
        TextTable table = new([title, .. results.Select((_, i) => Text($"no. {i + 1}"))]);
        for (int layer = 0; layer < values(results[0]).Count; layer++)
        {
            int row = layer;
            table.Add([Text($"{layer}"), .. results.Select(result => Text($"{100 * values(result)[row]:F2} %"))]);
        }

        Console.Out.WriteLine(table);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
