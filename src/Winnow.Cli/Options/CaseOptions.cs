using System.CommandLine;
using Winnow.Lab.Evaluation;

namespace Winnow.Cli.Options;

/// <summary>Which cases to run.</summary>
internal sealed class CaseOptions(bool required)
{
    private readonly Option<string?> _file = new("--cases") { Description = "Case file: JSON Lines, plain or .gz (winnow eval make writes them).", Required = required, HelpName = "FILE" };

    private readonly Option<int?> _limit = new("--limit") { Description = "At most this many cases of each task and length.", HelpName = "N" };

    private readonly Option<string?> _lengths = new("--lengths") { Description = "Only cases of these target lengths.", HelpName = "N[,N]" };

    private readonly Option<string?> _tasks = new("--tasks") { Description = "Only these tasks.", HelpName = "NAME[,NAME]" };

    public CaseOptions AddTo(Command command)
    {
        foreach (Option option in (Option[])[_file, _limit, _lengths, _tasks])
        {
            command.Add(option);
        }

        return this;
    }

    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_file) is not null;

    /// <summary>Reads the cases that the filters name.</summary>
    public List<EvaluationCase> Read(ParseResult parsed)
    {
        if (parsed.GetValue(_limit) is < 1)
        {
            throw new UsageException("--limit must be at least 1");
        }

        EvaluationCaseFilter filter = new()
        {
            Limit = parsed.GetValue(_limit),
            Lengths = NumberList.Parse(parsed.GetValue(_lengths), "--lengths"),
            Tasks = NumberList.Names(parsed.GetValue(_tasks)),
        };
        string path = parsed.GetValue(_file)!;
        List<EvaluationCase> cases = [.. filter.Apply(EvaluationCaseFile.Read(path))];
        return cases.Count > 0 ? cases : throw new UsageException($"{path}: no case is of these tasks and lengths");
    }
}
