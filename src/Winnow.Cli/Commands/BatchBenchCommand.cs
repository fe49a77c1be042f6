using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Speed;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench-batch</c>: what several sequences that compute together reach, and what a prompt beside them costs.</summary>
internal static class BatchBenchCommand
{
    public static Command Create()
    {
        Command command = new("bench-batch", "Measure sequences that decode together, and the gaps between their tokens while a prompt is read.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> sequences = new("--sequences", "-s") { Description = "Sequences that decode together.", DefaultValueFactory = _ => "1,2,4,8,16", HelpName = "N[,N]" };
        Option<int> generate = new("--n-gen", "-n") { Description = "Tokens of each sequence.", DefaultValueFactory = _ => 16, HelpName = "N" };
        Option<int> depth = new("--n-depth", "-d") { Description = "Tokens that each context holds before.", DefaultValueFactory = _ => 512, HelpName = "N" };
        Option<int> repetitions = new("--repetitions", "-r") { Description = "Rounds over all numbers of sequences.", DefaultValueFactory = _ => 3, HelpName = "N" };
        Option<int> prompt = new("--n-prompt", "-p") { Description = "A prompt that is read in slices while the sequences decode; 0 for none.", HelpName = "N" };
        Option<int> slice = new("--slice") { Description = "Milliseconds of a slice.", DefaultValueFactory = _ => 75, HelpName = "MS" };
        Option<bool> json = new("--json") { Description = "Print a JSON array." };
        foreach (Option<int> number in (Option<int>[])[generate, depth, repetitions, slice])
        {
            number.AtLeast(1);
        }

        prompt.AtLeast(0);
        foreach (Option option in (Option[])[sequences, generate, depth, repetitions, prompt, slice, json])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            int[] numbers = NumberList.Parse(parsed.GetValue(sequences)!, "-s");
            using Engine engine = model.Load(parsed, cancellationToken);
            using BatchSpeed batch = new(engine, TimeSpan.FromMilliseconds(parsed.GetValue(slice)));
            List<Session> sessions = [];
            try
            {
                Fill(parsed, model, engine, sessions, numbers.Max(), parsed.GetValue(depth), cancellationToken);
                List<BatchRow> rows = [.. numbers.Select(number => new BatchRow(number))];
                for (int round = -1; round < parsed.GetValue(repetitions); round++)
                {
                    foreach (BatchRow row in rows)
                    {
                        Measure(row, batch, sessions[..row.Sequences], parsed.GetValue(depth), parsed.GetValue(generate), isCounted: round >= 0, cancellationToken);
                    }
                }

                if (parsed.GetValue(prompt) is > 0 and int tokens)
                {
                    using Session reader = model.CreateSession(parsed, engine);
                    foreach (BatchRow row in rows)
                    {
                        MeasureGaps(row, batch, sessions[..row.Sequences], reader, Tokens(tokens, engine.Model.VocabularySize), cancellationToken);
                    }
                }

                Write(rows, parsed.GetValue(json), parsed.GetValue(prompt) > 0);
            }
            finally
            {
                sessions.ForEach(session => session.Dispose());
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static void Fill(
        ParseResult parsed, ModelOptions model, Engine engine, List<Session> sessions, int count, int depth, CancellationToken cancellationToken)
    {
        using ProgressLine line = new("filling");
        for (int i = 0; i < count; i++)
        {
            sessions.Add(model.CreateSession(parsed, engine));
            sessions[i].Diagnostics.FillRandomly(Tokens(depth, engine.Model.VocabularySize), seed: i + 1, cancellationToken);
            line.Report(i + 1, count);
        }
    }

    private static void Measure(
        BatchRow row, BatchSpeed batch, List<Session> sessions, int depth, int steps, bool isCounted, CancellationToken cancellationToken)
    {
        sessions.ForEach(session => session.Truncate(depth));
        double speed = batch.Decode(sessions, steps, cancellationToken);

        // The first round warms caches and compiles; it is not counted.
        if (isCounted)
        {
            row.Speeds.Add(speed);
        }
    }

    /// <summary>The sequences decode on while a prompt is read; each slice delays their next token.</summary>
    private static void MeasureGaps(
        BatchRow row, BatchSpeed batch, List<Session> sessions, Session reader, int[] prompt, CancellationToken cancellationToken)
    {
        reader.Truncate(0);
        (IReadOnlyList<TimeSpan> gaps, TimeSpan time) = batch.DecodeBesidePrompt(sessions, reader, prompt, cancellationToken);
        row.Gaps.AddRange(gaps.Select(gap => gap.TotalMilliseconds));
        row.PromptSeconds = time.TotalSeconds;
    }

    private static int[] Tokens(int count, int vocabularySize) => [.. Enumerable.Range(0, count).Select(i => (int)(i * 2654435761L % vocabularySize))];

    private static void Write(List<BatchRow> rows, bool asJson, bool withGaps)
    {
        if (asJson)
        {
            WriteJson(rows, withGaps);
            return;
        }

        TextTable table = withGaps
            ? new("sequences", "tok/s", "times one", "gap median", "gap 99 %", "longest gap", "prompt")
            : new("sequences", "tok/s", "times one");
        foreach (BatchRow row in rows)
        {
            string[] cells = [row.Sequences.ToString(CultureInfo.InvariantCulture), Format($"{row.Speed:F2}"), rows[0].Sequences == 1 ? Format($"{row.Speed / rows[0].Speed:F2}x") : "-"];
            table.Add(withGaps ? [.. cells, Format($"{row.Gap(0.5):F0} ms"), Format($"{row.Gap(0.99):F0} ms"), Format($"{row.Gap(1):F0} ms"), Format($"{row.PromptSeconds:F1} s")] : cells);
        }

        Console.Out.Write(table);
    }

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void WriteJson(List<BatchRow> rows, bool withGaps) => JsonOutput.WriteValue(json =>
    {
        json.WriteStartArray();
        foreach (BatchRow row in rows)
        {
            json.WriteStartObject();
            json.WriteNumber("n_sequences", row.Sequences);
            JsonOutput.WriteRounded(json, "median_ts", row.Speed);
            if (withGaps)
            {
                JsonOutput.WriteRounded(json, "gap_median_ms", row.Gap(0.5));
                JsonOutput.WriteRounded(json, "gap_p99_ms", row.Gap(0.99));
                JsonOutput.WriteRounded(json, "gap_max_ms", row.Gap(1));
                JsonOutput.WriteRounded(json, "prompt_s", row.PromptSeconds);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private sealed record BatchRow(int Sequences)
    {
        public List<double> Speeds { get; } = [];

        public List<double> Gaps { get; } = [];

        public double PromptSeconds { get; set; }

        /// <summary>Tokens of all sequences a second, the median of the rounds.</summary>
        public double Speed => Speeds.Order().ElementAt(Speeds.Count / 2);

        public double Gap(double quantile) => Gaps.Order().ElementAt((int)Math.Min(quantile * Gaps.Count, Gaps.Count - 1));
    }
}
