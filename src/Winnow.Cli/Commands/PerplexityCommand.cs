using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Evaluation;
using Winnow.Generation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval perplexity</c>: how well a model predicts a text.</summary>
internal static class PerplexityCommand
{
    public static Command Create()
    {
        Command command = new("perplexity", "Perplexity of a text, in windows.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> file = new("--file", "-f") { Description = "The text.", Required = true, HelpName = "TEXT" };
        Option<int?> stride = new("--stride") { Description = "Tokens from one window to the next; only what a window adds is scored. The window's length by default.", HelpName = "N" };
        Option<int?> limit = new("--limit") { Description = "Score at most this many tokens from the beginning of the text.", HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Print one JSON object: tokens, nll, perplexity." };
        foreach (Option option in (Option[])[file, stride, limit, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            string text = File.ReadAllText(parsed.GetRequiredValue(file));
            using Engine engine = model.Load(parsed, cancellationToken);
            int[] tokens = engine.Tokenizer.Encode(text, addSpecial: true);
            if (parsed.GetValue(limit) is { } most)
            {
                tokens = tokens[..Math.Min(most, tokens.Length)];
            }

            using Session session = model.CreateSession(parsed, engine);
            using ProgressLine line = new("perplexity");
            PerplexityResult result = Perplexity.Measure(
                session,
                tokens,
                window: session.ContextLength,
                stride: parsed.GetValue(stride) ?? session.ContextLength,
                new SynchronousProgress<PerplexityResult>(p => line.Report(
                    p.Tokens, tokens.Length, string.Create(CultureInfo.InvariantCulture, $"perplexity {p.Perplexity:F3}"))),
                cancellationToken);
            line.Dispose();
            if (parsed.GetValue(json))
            {
                JsonOutput.Write(writer =>
                {
                    writer.WriteNumber("tokens", result.Tokens);
                    writer.WriteNumber("nll", result.MeanNegativeLogLikelihood);
                    writer.WriteNumber("perplexity", result.Perplexity);
                });
            }
            else
            {
                Console.Out.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{result.Tokens} tokens, mean negative log-likelihood {result.MeanNegativeLogLikelihood:F4}, perplexity {result.Perplexity:F4}"));
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }
}
