using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval perplexity</c>: how well a model predicts a text, in windows or token by token under an attention method.</summary>
internal static class PerplexityCommand
{
    public static Command Create()
    {
        Command command = new Command("perplexity", "Perplexity of a text: in windows, or token by token under attention methods.").WithExamples("winnow eval perplexity -f book.txt -m model.gguf");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> file = new("--file", "-f") { Description = "The text.", Required = true, HelpName = "TEXT" };
        Option<int?> stride = new("--stride") { Description = "Tokens from one window to the next; only what a window adds is scored. The window's length by default.", HelpName = "N" };
        Option<int?> limit = new("--limit") { Description = "Take at most this many tokens from the beginning of the text.", HelpName = "N" };
        Option<int?> prompt = new("--prompt") { Description = "Prefill this many tokens and score the rest of the context token by token, as methods other than full are scored; half of the text by default.", HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Print one JSON object with tokens, nll, perplexity; an array of them for several methods." };
        stride.AtLeast(1);
        limit.AtLeast(2);
        prompt.AtLeast(1);
        foreach (Option option in (Option[])[file, stride, limit, prompt, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            string text = DocumentFiles.Read(parsed.GetRequiredValue(file), cancellationToken);
            IReadOnlyList<AttentionOptions> attentions = model.Attentions(parsed);
            using Engine engine = model.Load(parsed, cancellationToken);
            int[] tokens = engine.Tokenizer.Encode(text, addSpecial: true, cancellationToken: cancellationToken);
            tokens = tokens[..Math.Min(parsed.GetValue(limit) ?? tokens.Length, tokens.Length)];
            if (tokens.Length < 2)
            {
                throw new UsageException($"{parsed.GetRequiredValue(file)}: {tokens.Length} tokens are too few: perplexity needs at least 2");
            }

            bool isDecoding = parsed.GetValue(prompt) is not null || attentions.Any(attention => attention.HasPromptMethod || attention.HasDecodeMethod);
            if (isDecoding && parsed.GetValue(stride) is not null)
            {
                throw new UsageException("--stride belongs to windows; with --prompt or an attention method the text is scored token by token");
            }

            List<(AttentionOptions Attention, PerplexityResult Result)> results = [];
            foreach (AttentionOptions attention in attentions)
            {
                using Session session = model.CreateSession(parsed, engine, attention);
                if (parsed.GetValue(stride) > session.ContextLength)
                {
                    throw new UsageException($"--stride is {parsed.GetValue(stride)}, more than a window of {session.ContextLength} tokens");
                }

                using ProgressLine line = new($"perplexity, {attention}");
                SynchronousProgress<PerplexityResult> progress = new(p => line.Report(
                    p.Tokens, tokens.Length, string.Create(CultureInfo.InvariantCulture, $"perplexity {p.Perplexity:F3}")));
                PerplexityResult result = isDecoding
                    ? MeasureDecoding(session, tokens, parsed.GetValue(prompt), progress, cancellationToken)
                    : Perplexity.Measure(
                        session, tokens, window: session.ContextLength, stride: parsed.GetValue(stride) ?? session.ContextLength, progress, cancellationToken);
                results.Add((attention, result));
            }

            if (parsed.GetValue(json))
            {
                JsonOutput.WriteValue(writer => WriteJson(writer, results));
            }
            else
            {
                WriteText(results);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    internal static void WriteJson(Utf8JsonWriter json, IReadOnlyList<(AttentionOptions Attention, PerplexityResult Result)> results)
    {
        if (results.Count > 1)
        {
            json.WriteStartArray();
        }

        foreach ((AttentionOptions attention, PerplexityResult result) in results)
        {
            json.WriteStartObject();
            json.WriteString("attention", attention.ToString());
            json.WriteNumber("tokens", result.Tokens);
            json.WriteNumber("nll", result.MeanNegativeLogLikelihood);
            json.WriteNumber("perplexity", result.Perplexity);
            json.WriteEndObject();
        }

        if (results.Count > 1)
        {
            json.WriteEndArray();
        }
    }

    private static PerplexityResult MeasureDecoding(
        Session session, int[] tokens, int? prompt, IProgress<PerplexityResult> progress, CancellationToken cancellationToken)
    {
        int[] fitting = tokens[..Math.Min(tokens.Length, session.ContextLength)];
        if (prompt >= fitting.Length)
        {
            throw new UsageException($"--prompt is {prompt}; of {fitting.Length} tokens that leaves none to score");
        }

        return Perplexity.MeasureDecoding(session, fitting, prompt ?? Math.Max(fitting.Length / 2, 1), progress, cancellationToken);
    }

    private static void WriteText(List<(AttentionOptions Attention, PerplexityResult Result)> results)
    {
        TextTable table = new("attention", "tokens", "mean −ln p", "perplexity");
        foreach ((AttentionOptions attention, PerplexityResult result) in results)
        {
            table.Add(
                attention.ToString(),
                string.Create(CultureInfo.InvariantCulture, $"{result.Tokens}"),
                string.Create(CultureInfo.InvariantCulture, $"{result.MeanNegativeLogLikelihood:F4}"),
                string.Create(CultureInfo.InvariantCulture, $"{result.Perplexity:F4}"));
        }

        Console.Out.Write(table);
    }
}
