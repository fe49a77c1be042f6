using System.CommandLine;
using System.Globalization;
using Winnow.Cli.Chat;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow demo</c>: what the attention methods do, in half a minute.</summary>
internal static class DemoCommand
{
    /// <summary>The generated prose in characters a token, for most vocabularies.</summary>
    private const double CharactersPerToken = 4.5;

    private const int MethodWidth = 38;
    private const int AnswerWidth = 46;

    private static readonly string[] Methods =
        ["full", "recycled:k=512", "delta:budget=512", "a2ats", "token-sparse:min=1024", "token-sparse:min=1024+delta:budget=512", "streaming:window=508"];

    public static Command Create()
    {
        Command command = new("demo", "Hide a fact in a long document and ask for it under full attention and each method.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<int> length = new("--length") { Description = "About how many tokens the document has.", DefaultValueFactory = _ => 8192, HelpName = "N" };
        Option<int> seed = new("--seed") { Description = "Chooses document, facts and question.", DefaultValueFactory = _ => 7, HelpName = "S" };
        command.Add(length);
        command.Add(seed);
        command.SetAction((parsed, cancellationToken) =>
        {
            int tokens = parsed.GetValue(length);
            if (tokens < 256)
            {
                throw new UsageException("--length must be at least 256");
            }

            using Engine engine = model.Load(parsed, cancellationToken);
            IReadOnlyList<AttentionOptions> asked = model.Attentions(parsed);
            string[] methods = asked is [{ Prefill: null, Decode: null }] ? Methods : [.. asked.Select(attention => attention.ToString())];
            ExampleDocument document = ExampleDocument.Create(parsed.GetValue(seed), (int)Math.Min(tokens * CharactersPerToken, int.MaxValue / 4));
            EvaluationCase item = CaseGenerator.Ask(engine, document.Text, document.Question, document.Answer, [document.Value]);
            Console.Out.WriteLine(Text($"A generated document of {item.LengthTokens} tokens with four facts hidden in it, and a question about one:"));
            Console.Out.WriteLine(Text($"  {document.Question}  (right: {document.Value})\n"));
            AttentionOptions[] attentions = [.. methods.Select(AttentionOptions.Parse)];
            model.WriteNotes(engine, attentions);
            Run(new Ruler(engine, attentions, model.SessionOptions(parsed)), methods, item, cancellationToken);
            Console.Out.WriteLine("\nRows read: keys and values that the answer's tokens looked at, of those that full attention looks at.");
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static void Run(Ruler ruler, string[] methods, EvaluationCase item, CancellationToken cancellationToken)
    {
        Console.Out.WriteLine($"{"attention",-MethodWidth} {"answer",-AnswerWidth} {"right",5} {"rows read",9} {"prompt s",8} {"tok/s",6} {"KV MiB",6}");
        using ProgressLine line = new("reading");
        int shown = 0;
        RulerResult first = ruler.Run(
            [item],
            outcome =>
            {
                line.Dispose();
                double fraction = outcome.DenseRows == 0 ? 1 : (double)outcome.AttendedRows / outcome.DenseRows;
                double speed = outcome.DecodeSteps / Math.Max(outcome.Decode.TotalSeconds, 1e-9);
                Console.Out.WriteLine(
                    Text($"{Cut(methods[shown++], MethodWidth),-MethodWidth} {Cut(outcome.Output, AnswerWidth),-AnswerWidth} {(outcome.IsRight ? "yes" : "no"),5} ") +
                    Text($"{100 * fraction,7:F1} % {outcome.Prefill.TotalSeconds,8:F1} {speed,6:F1} {outcome.KvResidentBytes / 1048576.0,6:F1}"));
            },
            new SynchronousProgress<RulerProgress>(p => line.Report(p.Done, p.Total)),
            cancellationToken)[0];
        if (first.Skipped > 0)
        {
            throw new UsageException($"the document has {item.LengthTokens} tokens, more than the context holds; see --length and --ctx");
        }
    }

    private static string Cut(string text, int width)
    {
        text = text.ReplaceLineEndings(" ").Trim();
        return text.Length <= width ? text : text[..(width - 1)] + "…";
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
