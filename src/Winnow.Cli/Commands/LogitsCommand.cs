using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow logits</c>: raw logits, for checking one engine against another.</summary>
internal static class LogitsCommand
{
    private const int TopCount = 20;

    public static Command Create()
    {
        Command command = new("logits", "Compute the logits of a sequence of tokens.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string?> tokens = new("--tokens") { Description = "Token ids separated by commas, used as they are.", HelpName = "1,2,3" };
        Option<string?> tokensFile = new("--tokens-file") { Description = "Token ids separated by white space.", HelpName = "FILE" };
        Option<string?> forcedFile = new("--forced-file") { Description = "Ids consumed one decode step each after the prompt; the rows are the logits after each.", HelpName = "FILE" };
        Option<bool> all = new("--all") { Description = "The logits of every token, not only of the last one." };
        Option<string?> output = new("--output", "-o") { Description = "Write a safetensors file with the tensor 'logits'; without it the 20 largest of the last row are shown.", HelpName = "OUT.safetensors" };
        Option<int> chunk = new("--chunk") { Description = "Tokens that are computed at once.", DefaultValueFactory = _ => 512, HelpName = "N" };
        Option<bool> json = new("--json") { Description = "Without -o: print one JSON object." };
        chunk.AtLeast(1);
        foreach (Option option in (Option[])[tokens, tokensFile, forcedFile, all, output, chunk, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            if ((parsed.GetValue(tokens) is null) == (parsed.GetValue(tokensFile) is null))
            {
                throw new UsageException("name the tokens once: --tokens 1,2,3 or --tokens-file FILE");
            }

            if (parsed.GetValue(forcedFile) is not null && parsed.GetValue(all))
            {
                throw new UsageException("--all and --forced-file exclude each other");
            }

            using Engine engine = model.Load(parsed, cancellationToken);
            int vocabulary = engine.Model.VocabularySize;
            int[] prompt = parsed.GetValue(tokens) is { } list
                ? PromptOptions.ParseIdList(list, vocabulary)
                : PromptOptions.ReadIds(parsed.GetValue(tokensFile)!, vocabulary);
            int[] forced = parsed.GetValue(forcedFile) is { } file ? PromptOptions.ReadIds(file, vocabulary) : [];
            using Session session = model.CreateSession(parsed, engine);
            float[] logits;
            if (forced.Length > 0)
            {
                session.Prefill(prompt, parsed.GetValue(chunk), cancellationToken: cancellationToken);
                logits = new float[(long)forced.Length * vocabulary];
                session.Diagnostics.Force(forced, (row, values) => values.CopyTo(logits.AsSpan(row * vocabulary, vocabulary)), cancellationToken);
            }
            else if (parsed.GetValue(all))
            {
                logits = new float[(long)prompt.Length * vocabulary];
                session.Diagnostics.VisitLogits(
                    prompt, parsed.GetValue(chunk), (row, values) => values.CopyTo(logits.AsSpan(row * vocabulary, vocabulary)), cancellationToken);
            }
            else
            {
                session.Prefill(prompt, parsed.GetValue(chunk), cancellationToken: cancellationToken);
                logits = session.Diagnostics.Logits.ToArray();
            }

            if (parsed.GetValue(output) is { } outputFile)
            {
                LogitsFile.Write(outputFile, logits, vocabulary);
            }
            else
            {
                WriteTop(engine, logits.AsSpan(logits.Length - vocabulary), parsed.GetValue(json));
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static void WriteTop(Engine engine, ReadOnlySpan<float> logits, bool asJson)
    {
        float[] values = logits.ToArray();
        int[] ids = [.. Enumerable.Range(0, values.Length).OrderByDescending(id => values[id]).ThenBy(id => id).Take(TopCount)];
        if (!asJson)
        {
            foreach (int id in ids)
            {
                Console.Out.WriteLine(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{id,8}  {values[id],12:F5}  {VisibleText.OneLine(engine.Tokenizer.TokenText(id))}"));
            }

            return;
        }

        JsonOutput.Write(json =>
        {
            json.WriteStartArray("top_ids");
            foreach (int id in ids)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteStartArray("top_logits");
            foreach (int id in ids)
            {
                json.WriteNumberValue(values[id]);
            }

            json.WriteEndArray();
        });
    }
}
