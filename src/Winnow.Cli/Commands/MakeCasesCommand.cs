using System.CommandLine;
using Winnow.Cli.Help;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval make</c>: fresh long-context cases from any text.</summary>
internal static class MakeCasesCommand
{
    public static Command Create()
    {
        Command command = new Command("make", "Make fresh long-context cases from a text, for eval ruler.").WithExamples("winnow eval make -f book.txt --lengths 4096,8192 -o cases.jsonl.gz");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> file = new("--file", "-f") { Description = "The text to hide facts in; paragraphs are separated by empty lines.", Required = true, HelpName = "TEXT" };
        Option<string> output = new("--output", "-o") { Description = "The case file; compressed where it ends with .gz.", Required = true, HelpName = "FILE" };
        Option<string> lengths = new("--lengths") { Description = "Target lengths in tokens of this model.", DefaultValueFactory = _ => "4096,8192", HelpName = "N[,N]" };
        Option<string?> tasks = new("--tasks") { Description = "Only these tasks; all by default.", HelpName = "NAME[,NAME]" };
        Option<int> count = new("--count", "-n") { Description = "Cases of each task and length.", DefaultValueFactory = _ => 5, HelpName = "N" };
        Option<long> seed = new("--seed") { Description = "The same text, model and seed make the same cases.", DefaultValueFactory = _ => 1, HelpName = "S" };
        foreach (Option option in (Option[])[file, output, lengths, tasks, count, seed])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            int[] targets = NumberList.Parse(parsed.GetValue(lengths), "--lengths");
            int each = parsed.GetValue(count);
            if (targets.Length == 0 || each < 1)
            {
                throw new UsageException("--lengths must name a length, and --count must be at least 1");
            }

            using Engine engine = model.Load(parsed, cancellationToken);
            CaseGenerator generator = new(engine, DocumentFiles.Read(parsed.GetRequiredValue(file), cancellationToken));
            IReadOnlyList<string> names = NumberList.Names(parsed.GetValue(tasks)) is { Length: > 0 } some ? some : generator.Tasks;
            if (names.FirstOrDefault(name => !generator.Tasks.Contains(name)) is { } unknown)
            {
                throw new UsageException($"--tasks: there is no '{unknown}'; there are {string.Join(", ", generator.Tasks)}");
            }

            string path = parsed.GetRequiredValue(output);
            EvaluationCaseFile.Write(path, Make(generator, names, targets, each, parsed.GetValue(seed), cancellationToken));
            Console.Error.WriteLine($"{path}: {names.Count * targets.Length * each} cases, {each} of each of {names.Count} tasks at {string.Join(", ", targets)} tokens");
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    private static IEnumerable<EvaluationCase> Make(
        CaseGenerator generator, IReadOnlyList<string> tasks, int[] lengths, int count, long seed, CancellationToken cancellationToken)
    {
        using ProgressLine line = new("cases");
        int done = 0;
        foreach (string task in tasks)
        {
            foreach (int length in lengths)
            {
                foreach (EvaluationCase item in generator.Create(task, length, count, seed))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    line.Report(++done, tasks.Count * lengths.Length * count, item.Id);
                    yield return item;
                }
            }
        }
    }
}
