using System.CommandLine;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow eval</c>: how good a model's predictions are.</summary>
internal static class EvalCommand
{
    public static Command Create() => new("eval", "Measure quality.") { PerplexityCommand.Create() };
}
