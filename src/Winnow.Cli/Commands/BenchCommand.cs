using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Devices;
using Winnow.Tensors;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow bench</c>: prompt and decode speed, as llama-bench measures them.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        Command command = new("bench", "Measure prompt and decode speed, at any depth of context.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> prompts = new("--n-prompt", "-p") { Description = "Prompt lengths to measure; 0 for none.", DefaultValueFactory = _ => "512", HelpName = "N[,N]" };
        Option<string> generations = new("--n-gen", "-n") { Description = "Numbers of tokens to decode; 0 for none.", DefaultValueFactory = _ => "128", HelpName = "N[,N]" };
        Option<string> depths = new("--n-depth", "-d") { Description = "Tokens that the context holds before.", DefaultValueFactory = _ => "0", HelpName = "N[,N]" };
        Option<int> repetitions = new("--repetitions", "-r") { Description = "Measurements of each.", DefaultValueFactory = _ => 5, HelpName = "N" };
        Option<string> fill = new("--fill") { Description = "What the context holds before: random keys and values behind a short computed end, or a computed prompt.", DefaultValueFactory = _ => "random" };
        Option<string> output = new("--output", "-o") { Description = "Markdown table or JSON.", DefaultValueFactory = _ => "md" };
        Option<bool> json = new("--json") { Description = "The same as -o json." };
        Option<bool> withRoofline = new("--roofline") { Description = "Measure the machine's limits first; show how much of them each row reaches." };
        output.AcceptOnlyFromAmong("md", "json");
        fill.AcceptOnlyFromAmong("random", "prompt");
        foreach (Option option in (Option[])[prompts, generations, depths, fill, repetitions, output, json, withRoofline])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            int count = parsed.GetValue(repetitions);
            if (count < 1)
            {
                throw new UsageException("-r must be at least 1");
            }

            Roofline? roofline = parsed.GetValue(withRoofline) ? MeasureRoofline(engine, cancellationToken) : null;
            int[] promptLengths = [.. Numbers(parsed.GetValue(prompts)!, "-p").Where(n => n > 0)];
            int[] generationLengths = [.. Numbers(parsed.GetValue(generations)!, "-n").Where(n => n > 0)];
            if (promptLengths.Length + generationLengths.Length == 0)
            {
                throw new UsageException("there is nothing to measure: -p and -n are 0");
            }

            bool random = parsed.GetValue(fill) == "random";
            List<BenchRow> rows = [];
            foreach (AttentionOptions attention in model.Attentions(parsed))
            {
                foreach (int depth in Numbers(parsed.GetValue(depths)!, "-d"))
                {
                    foreach (int length in promptLengths)
                    {
                        using Session session = model.CreateSession(parsed, engine, attention);
                        rows.Add(Measure(session, engine.Model.VocabularySize, count, length, 0, depth, random, cancellationToken));
                    }

                    foreach (int length in generationLengths)
                    {
                        using Session session = model.CreateSession(parsed, engine, attention);
                        rows.Add(Measure(session, engine.Model.VocabularySize, count, 0, length, depth, random, cancellationToken));
                    }
                }
            }

            if (parsed.GetValue(json) || parsed.GetValue(output) == "json")
            {
                WriteJson(engine, roofline, rows);
            }
            else
            {
                WriteMarkdown(engine, roofline, rows);
            }

            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    /// <summary>Measures one row: after a round that is not counted, so many that are.</summary>
    internal static BenchRow Measure(
        Session session, int vocabularySize, int repetitions, int prompt, int generate, int depth, bool random, CancellationToken cancellationToken)
    {
        if (depth + prompt + generate + 1 > session.ContextLength)
        {
            throw new UsageException($"depth {depth} and {prompt + generate} tokens do not fit into a context of {session.ContextLength}");
        }

        string what = prompt > 0 ? $"pp{prompt}" : $"tg{generate}";
        using ProgressLine line = new(depth > 0 ? $"{what} @ d{depth}" : what);
        int[] tokens = [.. Enumerable.Range(0, depth + Math.Max(prompt, 1)).Select(i => (int)((i * 2654435761L) % vocabularySize))];
        int[] forced = [.. Enumerable.Range(0, generate).Select(i => tokens[i % tokens.Length])];
        if (random && depth > 0)
        {
            session.Diagnostics.FillRandomly(tokens[..depth], cancellationToken: cancellationToken);
        }
        else if (depth > 0)
        {
            session.Prefill(tokens[..depth], progress: new SynchronousProgress<PrefillProgress>(p => line.Report(p.Done, p.Total, "filling")), cancellationToken: cancellationToken);
        }

        List<double> samples = [];
        for (int repetition = -1; repetition < repetitions; repetition++)
        {
            session.Truncate(depth);
            long start = Stopwatch.GetTimestamp();
            if (prompt > 0)
            {
                session.Prefill(tokens, cancellationToken: cancellationToken);
            }
            else
            {
                session.Diagnostics.Force(forced, cancellationToken: cancellationToken);
            }

            // The first round warms caches and compiles; it is not counted.
            if (repetition >= 0)
            {
                samples.Add((prompt + generate) / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            line.Report(repetition + 2, repetitions + 1);
        }

        return new BenchRow(session.Attention.ToString(), prompt, generate, depth, samples);
    }

    private static Roofline MeasureRoofline(Engine engine, CancellationToken cancellationToken) => engine.Placement[^1].Name == "cpu"
        ? Roofline.Measure(engine, cancellationToken)
        : throw new UsageException("--roofline measures the CPU device only");

    private static string Reached(Engine engine, Roofline? roofline, BenchRow row)
    {
        if (roofline is null)
        {
            return "";
        }

        double bound = roofline.TokensPerSecond(engine, row.Prompt);
        return string.Create(CultureInfo.InvariantCulture, $" {bound:F1} | {100 * row.Mean / bound:F0} % |");
    }

    private static void WriteLimits(Roofline roofline)
    {
        for (int i = 0; i < roofline.ReadBytesPerSecond.Count; i++)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"read, threads {i + 1}: {roofline.ReadBytesPerSecond[i] / 1e9:F1} GB/s"));
        }

        foreach ((TensorType type, double speed) in roofline.MultiplyAddsPerSecond)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"multiply {type}: {speed / 1e9:F1} G multiply-adds/s"));
        }

        Console.Out.WriteLine();
    }

    private static int[] Numbers(string list, string option)
    {
        string[] words = list.Split(',', StringSplitOptions.TrimEntries);
        int[] numbers = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out numbers[i]))
            {
                throw new UsageException($"{option}: '{words[i]}' is not a number of tokens");
            }
        }

        return numbers;
    }

    private static void WriteMarkdown(Engine engine, Roofline? roofline, List<BenchRow> rows)
    {
        if (roofline is not null)
        {
            WriteLimits(roofline);
        }

        Console.Out.WriteLine($"| model | size | parameters | device | attention | test | tok/s |{(roofline is null ? "" : " bound | reached |")}");
        Console.Out.WriteLine($"| --- | ---: | ---: | --- | --- | ---: | ---: |{(roofline is null ? "" : " ---: | ---: |")}");
        foreach (BenchRow row in rows)
        {
            string test = $"{(row.Prompt > 0 ? $"pp{row.Prompt}" : $"tg{row.Generate}")}{(row.Depth > 0 ? $" @ d{row.Depth}" : "")}";
            Console.Out.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {VisibleText.OneLine(engine.Model.Name)} {engine.Model.Quantization} | {engine.Model.SizeBytes / 1048576.0:F1} MiB | {engine.Model.ParameterCount / 1e6:F1} M | {PlacementText.Devices(engine)} | {row.Attention} | {test} | {row.Mean:F2} ± {row.Deviation:F2} |{Reached(engine, roofline, row)}"));
        }
    }

    private static void WriteJson(Engine engine, Roofline? roofline, List<BenchRow> rows) => JsonOutput.WriteValue(json =>
    {
        json.WriteStartArray();
        foreach (BenchRow row in rows)
        {
            json.WriteStartObject();
            json.WriteString("model", $"{engine.Model.Name} {engine.Model.Quantization}");
            json.WriteNumber("n_params", engine.Model.ParameterCount);
            json.WriteNumber("size_bytes", engine.Model.SizeBytes);
            json.WriteString("device", PlacementText.Devices(engine));
            json.WriteNumber("threads", engine.Threads);
            json.WriteString("attention", row.Attention);
            json.WriteNumber("n_prompt", row.Prompt);
            json.WriteNumber("n_gen", row.Generate);
            json.WriteNumber("n_depth", row.Depth);
            JsonOutput.WriteRounded(json, "avg_ts", row.Mean);
            JsonOutput.WriteRounded(json, "stddev_ts", row.Deviation);
            json.WriteStartArray("samples_ts");
            foreach (double sample in row.Samples)
            {
                json.WriteNumberValue(Math.Round(sample, 3));
            }

            json.WriteEndArray();
            if (roofline is not null)
            {
                double bound = roofline.TokensPerSecond(engine, row.Prompt);
                JsonOutput.WriteRounded(json, "bound_ts", bound);
                JsonOutput.WriteRounded(json, "bound_fraction", row.Mean / bound);
                json.WriteStartArray("read_gbs");
                foreach (double speed in roofline.ReadBytesPerSecond)
                {
                    json.WriteNumberValue(Math.Round(speed / 1e9, 1));
                }

                json.WriteEndArray();
                json.WriteStartObject("multiply_gmacs");
                foreach ((TensorType type, double speed) in roofline.MultiplyAddsPerSecond)
                {
                    JsonOutput.WriteRounded(json, type.ToString(), speed / 1e9);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>Tokens per second of some rounds.</summary>
    internal sealed record BenchRow(string Attention, int Prompt, int Generate, int Depth, IReadOnlyList<double> Samples)
    {
        public double Mean => Samples.Average();

        public double Deviation => Samples.Count < 2 ? 0 : Math.Sqrt(Samples.Sum(sample => (sample - Mean) * (sample - Mean)) / (Samples.Count - 1));
    }
}
