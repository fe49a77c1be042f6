using System.CommandLine;
using Winnow.Retrieval;

namespace Winnow.Cli.Options;

/// <summary>How much evidence is gathered, and by which means.</summary>
internal sealed class SearchCliOptions
{
    private static readonly SearchOptions Defaults = new();

    private readonly Option<double> _budget = new("--budget") { Description = "Tokens of evidence; below 1: a fraction of all tokens.", DefaultValueFactory = _ => Defaults.Budget, HelpName = "N" };

    private readonly Option<double> _bm25 = new("--bm25") { Description = "Part of the budget for passages that share words with the question; 0: features only, 1: words only.", DefaultValueFactory = _ => Defaults.Bm25, HelpName = "F" };

    private readonly Option<double> _edges = new("--edges") { Description = "Part of the budget for the beginning and the end of a single document.", DefaultValueFactory = _ => Defaults.Edges, HelpName = "F" };

    public SearchCliOptions AddTo(Command command)
    {
        command.Add(_budget);
        command.Add(_bm25);
        command.Add(_edges);
        return this;
    }

    public SearchOptions Read(ParseResult parsed) => UserInput.Read(() => new SearchOptions
    {
        Budget = parsed.GetValue(_budget),
        Bm25 = parsed.GetValue(_bm25),
        Edges = parsed.GetValue(_edges),
    });
}
