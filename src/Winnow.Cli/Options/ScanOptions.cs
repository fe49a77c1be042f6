using System.CommandLine;
using Winnow.Retrieval;

namespace Winnow.Cli.Options;

/// <summary>How documents are scanned.</summary>
internal sealed class ScanOptions
{
    private readonly Option<int> _chunk = new("--chunk") { Description = "Tokens that see each other in the scan.", DefaultValueFactory = _ => new IndexOptions().ChunkTokens, HelpName = "N" };

    private readonly Option<double> _prune = new("--prune") { Description = "Leave out features that more than this fraction of the tokens has.", DefaultValueFactory = _ => new IndexOptions().PruneAbove, HelpName = "F" };

    private readonly Option<bool> _wordsOnly = new("--words-only") { Description = "Index words only (BM25): no scan by the model." };

    public ScanOptions AddTo(Command command)
    {
        command.Add(_chunk);
        command.Add(_prune);
        command.Add(_wordsOnly);
        return this;
    }

    public IndexOptions Read(ParseResult parsed) => UserInput.Read(() => new IndexOptions
    {
        ChunkTokens = parsed.GetValue(_chunk),
        PruneAbove = parsed.GetValue(_prune),
        WordsOnly = parsed.GetValue(_wordsOnly),
    });
}
