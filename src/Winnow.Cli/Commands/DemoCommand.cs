using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using Winnow.Cli.Chat;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow demo</c>: what the attention methods do, in a minute.</summary>
internal static partial class DemoCommand
{
    private const int DefaultLength = 8192;
    private const int LeastLength = 256;

    /// <summary>The document of the answers that are not timed: long enough for every method to work, short enough not to wait for.</summary>
    private const int WarmUpLength = 1536;

    /// <summary>The part of a context that a document may take unasked: the rest is for the question and the answer.</summary>
    private const double MostOfContext = 0.75;

    private const int BenchTokens = 24;
    private const int BenchRounds = 2;
    private const int MethodWidth = 38;
    private const int AnswerWidth = 14;

    private static readonly string[] Methods =
        ["full", "recycled:k=512", "delta:budget=512", "a2ats", "token-sparse:min=1024", "token-sparse:min=1024+delta:budget=512", "streaming:window=508"];

    public static Command Create()
    {
        Command command = new Command("demo", "Hide a fact in a long document and ask for it under full attention and each method.")
            .WithExamples("winnow demo", "winnow demo --length 16384 --attention \"full;recycled;delta\"");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<int?> length = new("--length") { Description = $"About how many tokens the document has; {DefaultLength} by default, where they fit.", HelpName = "N" };
        Option<int> seed = new("--seed") { Description = "Chooses document, facts and question.", DefaultValueFactory = _ => 7, HelpName = "S" };
        length.AtLeast(LeastLength);
        command.Add(length);
        command.Add(seed);
        command.SetAction((parsed, cancellationToken) =>
        {
            using Engine engine = model.Load(parsed, cancellationToken);
            IReadOnlyList<AttentionOptions> asked = model.Attentions(parsed);
            string[] methods = asked is [{ HasPromptMethod: false, HasDecodeMethod: false }] ? Methods : [.. asked.Select(attention => attention.ToString())];
            AttentionOptions[] attentions = [.. methods.Select(AttentionOptions.Parse)];
            SessionOptions session = model.SessionOptions(parsed);
            int context = session.ContextLength ?? engine.Model.ContextLength;
            int tokens = parsed.GetValue(length) ?? (int)Math.Min(DefaultLength, context * MostOfContext);
            EvaluationCase item = Case(engine, parsed.GetValue(seed), tokens, out ExampleDocument document);
            if (item.LengthTokens + item.OutputTokens > context)
            {
                throw new UsageException($"the document has {item.LengthTokens} tokens, more than the context of {context} holds; see --length and --ctx");
            }

            Console.Out.WriteLine(Text($"A generated document of {item.LengthTokens} tokens with four facts hidden in it, and a question about one:"));
            Console.Out.WriteLine(Text($"  {document.Question}  (right: {document.Value})\n"));
            model.WriteNotes(engine, attentions);
            Demo demo = new(engine, attentions, methods, session, cancellationToken);
            demo.WarmUp(Case(engine, parsed.GetValue(seed) + 1, Math.Min(WarmUpLength, tokens), out _));
            demo.Bench(item.LengthTokens);
            demo.Answer(item);
            Console.Out.WriteLine("\nRows read: keys and values that the answer's tokens looked at, of those that full attention looks at. Speed is in");
            Console.Out.WriteLine(Text($"tokens a second: of these few tokens, and of {BenchTokens} at the same depth, {2 * BenchRounds} times in both orders, as winnow bench measures it."));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    /// <summary>A document of about so many tokens of this vocabulary.</summary>
    private static EvaluationCase Case(Engine engine, int seed, int tokens, out ExampleDocument document)
    {
        string sample = ExampleDocument.Create(seed).Text;
        double charactersPerToken = (double)sample.Length / engine.Tokenizer.Encode(sample, addSpecial: false).Length;
        document = ExampleDocument.Create(seed, (int)Math.Min(tokens * charactersPerToken, int.MaxValue / 4));
        return CaseGenerator.Ask(engine, document.Text, document.Question, document.Answer, [document.Value]);
    }

    /// <summary>The number in an answer, or how it begins.</summary>
    internal static string Essence(string answer)
    {
        Match number = Number().Match(answer);
        return Cut(number.Success ? number.Value : answer, AnswerWidth);
    }

    private static string Cut(string text, int width)
    {
        text = VisibleText.OneLine(text.ReplaceLineEndings(" ").Trim());
        return text.Length <= width ? text : text[..(width - 1)] + "…";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("[0-9]{3,}")]
    private static partial Regex Number();

    /// <summary>One run: all methods on one document.</summary>
    private sealed class Demo(Engine engine, AttentionOptions[] attentions, string[] names, SessionOptions options, CancellationToken cancellationToken)
    {
        private readonly double[] _bench = new double[attentions.Length];

        /// <summary>Answers with every method once, untimed: whoever comes first would pay for compilation.</summary>
        public void WarmUp(EvaluationCase item)
        {
            using ProgressLine line = new("warming up");
            new Ruler(engine, attentions, options).Run([item], progress: new SynchronousProgress<RulerProgress>(p => line.Report(p.Done, p.Total)), cancellationToken: cancellationToken);
        }

        /// <summary>Measures decoding at a depth, from the first method to the last and back.</summary>
        public void Bench(int depth)
        {
            using ProgressLine line = new("measuring");
            int[] order = [.. Enumerable.Range(0, attentions.Length), .. Enumerable.Range(0, attentions.Length).Reverse()];
            for (int i = 0; i < order.Length; i++)
            {
                line.Report(i, order.Length, names[order[i]]);
                using Session session = engine.CreateSession(options with { Attention = attentions[order[i]] });
                int room = Math.Min(depth, session.ContextLength - BenchTokens - 1);
                _bench[order[i]] += BenchCommand.Measure(session, engine.Model.VocabularySize, BenchRounds, 0, BenchTokens, room, true, cancellationToken).Mean / 2;
            }
        }

        /// <summary>Answers with every method and prints a row for each.</summary>
        public void Answer(EvaluationCase item)
        {
            Console.Out.WriteLine($"{"attention",-MethodWidth} {"answer",-AnswerWidth} {"right",5} {"rows read",9} {"prompt s",8} {"tok/s",6} {"bench",6} {"KV MiB",6}");
            using ProgressLine line = new("reading");
            int shown = 0;
            new Ruler(engine, attentions, options).Run(
                [item],
                outcome =>
                {
                    line.Dispose();
                    double fraction = outcome.DenseRows == 0 ? 1 : (double)outcome.AttendedRows / outcome.DenseRows;
                    double speed = outcome.DecodeSteps / Math.Max(outcome.Decode.TotalSeconds, 1e-9);
                    Console.Out.WriteLine(
                        Text($"{Cut(names[shown], MethodWidth),-MethodWidth} {Essence(outcome.Output),-AnswerWidth} {(outcome.IsRight ? "yes" : "no"),5} ") +
                        Text($"{100 * fraction,7:F1} % {outcome.Prefill.TotalSeconds,8:F1} {speed,6:F1} {_bench[shown],6:F1} {outcome.KvResidentBytes / 1048576.0,6:F1}"));
                    shown++;
                },
                new SynchronousProgress<RulerProgress>(p => line.Report(p.Done, p.Total)),
                cancellationToken);
        }
    }
}
