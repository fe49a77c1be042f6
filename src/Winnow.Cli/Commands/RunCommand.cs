using System.CommandLine;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Templates;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow run</c>: one prompt, one answer.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        Command command = new("run", "Continue a prompt, or answer it with --chat.");
        ModelOptions model = new ModelOptions().AddTo(command);
        PromptOptions prompt = new PromptOptions().AddTo(command);
        SamplingCliOptions sampling = new SamplingCliOptions().AddTo(command);
        GrammarOptions grammar = new GrammarOptions().AddTo(command);
        Option<int?> tokens = new("--n-predict", "-n", "--predict") { Description = "The most tokens to generate; -1, as by default: up to the end of the answer or context; 0: only the prompt is computed.", HelpName = "N" };
        Option<string[]> stop = new("--stop") { Description = "A text that ends the answer; may be repeated.", HelpName = "TEXT", DefaultValueFactory = _ => [] };
        Option<bool> ignoreEos = new("--ignore-eos") { Description = "Treat end-of-generation tokens as ordinary ones." };
        Option<bool> special = new("--special") { Description = "Parse control tokens in the prompt, and show those of the answer." };
        Option<bool> chat = new("--chat") { Description = "Put the prompt into the model's chat template as a user's message." };
        Option<string?> system = new("--system") { Description = "The system message of a chat; with it, --chat is meant.", HelpName = "TEXT" };
        Option<bool> json = new("--json") { Description = "Print one JSON object with text, tokens, timings and memory." };
        tokens.AtLeast(-2);
        stop.Validators.Add(result =>
        {
            if (result.Tokens.Any(token => token.Value.Length == 0))
            {
                result.AddError("--stop must not be empty");
            }
        });
        foreach (Option option in (Option[])[tokens, stop, ignoreEos, special, chat, system, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            string? text = prompt.Text(parsed);
            bool isChat = parsed.GetValue(chat) || parsed.GetValue(system) is not null;
            if (text is null && isChat)
            {
                throw new UsageException("a chat needs a text: -p TEXT or -f FILE");
            }

            long start = Stopwatch.GetTimestamp();
            using Engine engine = model.Load(parsed, cancellationToken);
            double loadMs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            engine.RequireRoom(text ?? "");
            IReadOnlyList<int> ids =
                text is null ? prompt.Ids(parsed, engine.Model.VocabularySize)
                : isChat ? engine.EncodeChat(Messages(parsed.GetValue(system), text), cancellationToken: cancellationToken)
                : engine.Tokenizer.Encode(text, addSpecial: true, parsed.GetValue(special), cancellationToken);
            if (ids.Count == 0)
            {
                throw new UsageException("the prompt has no tokens, and the model has no begin-of-text token to start from");
            }

            using Session session = model.CreateSession(parsed, engine);
            using ProgressLine progress = new("prompt");
            GenerationOptions options = new()
            {
                MaxTokens = UserInput.TokenLimit(parsed.GetValue(tokens)),
                Sampling = sampling.Read(parsed),
                StopStrings = parsed.GetValue(stop)!,
                IgnoreEndOfGeneration = parsed.GetValue(ignoreEos),
                ShowControlTokens = parsed.GetValue(special),
                Grammar = grammar.Read(parsed),
                Progress = new SynchronousProgress<PrefillProgress>(p => progress.Report(p.Done, p.Total)),
            };

            if (parsed.GetValue(chat) && BundledModel.Is(model.Path(parsed)))
            {
                options = BundledModel.Shorten(options with { MaxTokens = parsed.GetValue(tokens) is null ? BundledModel.ReplyTokens : options.MaxTokens }, engine);
            }

            if (parsed.GetValue(tokens) == 0)
            {
                session.Prefill(ids, progress: options.Progress, cancellationToken: cancellationToken);
                if (parsed.GetValue(json))
                {
                    JsonOutput.Write(json => WritePromptOnly(json, ids.Count));
                }
            }
            else if (parsed.GetValue(json))
            {
                WriteJson(engine, session, ids, options, loadMs, cancellationToken);
            }
            else
            {
                WriteText(engine, session, ids, options, progress, model.Verbose(parsed), cancellationToken);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static List<ChatMessage> Messages(string? system, string user) =>
        system is null ? [new ChatMessage("user", user)] : [new ChatMessage("system", system), new ChatMessage("user", user)];

    private static void WritePromptOnly(Utf8JsonWriter json, int promptTokens)
    {
        json.WriteString("text", "");
        json.WriteStartArray("tokens");
        json.WriteEndArray();
        json.WriteNumber("prompt_tokens", promptTokens);
        json.WriteNumber("generated_tokens", 0);
        json.WriteString("finish_reason", "length");
    }

    private static void WriteText(
        Engine engine, Session session, IReadOnlyList<int> ids, GenerationOptions options, ProgressLine progress, bool verbose, CancellationToken cancellationToken)
    {
        bool inLine = false;
        FinishReason? reason = null;
        try
        {
            foreach (GeneratedToken token in session.Generate(ids, options, cancellationToken))
            {
                progress.Dispose();
                StandardStreams.Answer.Write(token.Text);
                inLine = true;
                reason = token.FinishReason;
            }
        }
        finally
        {
            // Also where the answer is interrupted: what is said about that belongs on a line of its own.
            if (inLine)
            {
                StandardStreams.Answer.WriteLine();
            }
        }

        WriteNote(reason, engine, session);
        if (verbose && session.LastGeneration is { } statistics)
        {
            Console.Error.WriteLine(StatisticsText.Line(statistics, session));
        }
    }

    /// <summary>Says on stderr why an answer ended before its end.</summary>
    private static void WriteNote(FinishReason? reason, Engine engine, Session session)
    {
        if (reason == FinishReason.ContextFull)
        {
            string more = session.ContextLength < engine.Model.ContextLength ? $"; --ctx allows up to {engine.Model.ContextLength}" : "";
            Console.Error.WriteLine($"note: the answer ends here because the context of {session.ContextLength} tokens is full{more}");
        }
        else if (reason == FinishReason.Repetition)
        {
            Console.Error.WriteLine("note: the answer ends here because it repeats itself");
        }
    }

    private static void WriteJson(
        Engine engine, Session session, IReadOnlyList<int> ids, GenerationOptions options, double loadMs, CancellationToken cancellationToken)
    {
        StringBuilder text = new();
        List<int> generated = [];
        FinishReason? reason = null;
        foreach (GeneratedToken token in session.Generate(ids, options, cancellationToken))
        {
            text.Append(token.Text);
            generated.Add(token.Id);
            reason = token.FinishReason;
        }

        WriteNote(reason, engine, session);
        GenerationStatistics statistics = session.LastGeneration!;
        JsonOutput.Write(json =>
        {
            json.WriteString("text", text.ToString());
            json.WriteStartArray("tokens");
            foreach (int id in generated)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
            json.WriteNumber("prompt_tokens", statistics.PromptTokens);
            json.WriteNumber("generated_tokens", statistics.GeneratedTokens);
            json.WriteString("finish_reason", reason switch
            {
                FinishReason.Stop => "stop",
                FinishReason.Repetition => "repetition",
                _ => "length",
            });
            JsonOutput.WriteRounded(json, "load_ms", loadMs);
            JsonOutput.WriteRounded(json, "prefill_ms", statistics.Prefill.TotalMilliseconds);
            JsonOutput.WriteRounded(json, "prefill_tps", statistics.PrefillTokensPerSecond);
            JsonOutput.WriteRounded(json, "decode_ms", statistics.Decode.TotalMilliseconds);
            JsonOutput.WriteRounded(json, "decode_tps", statistics.DecodeTokensPerSecond);
            json.WriteNumber("kv_bytes", session.Diagnostics.KvBytes);
            json.WriteNumber("kv_resident_bytes", session.Diagnostics.KvResidentBytes);
            json.WriteNumber("kv_read_bytes_per_token", (long)session.Diagnostics.KvReadBytesPerToken);
            JsonOutput.WriteRounded(json, "kv_hit_rate", session.Diagnostics.KvHitRate);
            json.WriteNumber("weights_bytes", engine.Model.SizeBytes);
            json.WriteNumber("peak_rss_bytes", PeakMemory.Bytes());
            MemoryReport.Write(json, session);
            json.WriteString("attention", session.Attention.ToString());
            JsonOutput.WriteRounded(json, "attended_fraction", session.Diagnostics.AttentionStatistics.AttendedFraction);
        });
    }
}
