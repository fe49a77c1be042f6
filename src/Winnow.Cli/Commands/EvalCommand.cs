using System.CommandLine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval</c>: how good a model's answers are, and what an attention method changes.</summary>
internal static class EvalCommand
{
    public static Command Create() => new("eval", "Measure quality: long-context cases, perplexity, distance from full attention.")
    {
        RulerCommand.Create(),
        CompareCommand.Create(),
        RetrievalCommand.Create(),
        PerplexityCommand.Create(),
        MakeCasesCommand.Create(),
    };
}
