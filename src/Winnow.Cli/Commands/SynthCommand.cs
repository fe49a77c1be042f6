using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow synth</c>: a model of random weights, for measuring speed and memory.</summary>
internal static class SynthCommand
{
    public static Command Create()
    {
        Command command = new("synth", "Write a GGUF file with random weights of a known shape, to measure speed and memory without a download.");
        Argument<string> output = new("OUT") { Description = "GGUF file to write." };
        Option<string> shape = new("--shape") { Description = $"The shape: {string.Join(", ", SyntheticShape.Named.Select(named => named.Name))}.", Required = true, HelpName = "NAME" };
        Option<string> type = new("--type") { Description = "The type of the weights.", HelpName = "TYPE", DefaultValueFactory = _ => "Q4_K_M" };
        Option<ulong> seed = new("--seed") { Description = "Same seed, same file.", DefaultValueFactory = _ => 1, HelpName = "S" };
        Option<int> threads = ModelOptions.ThreadsOption();
        shape.AcceptOnlyFromAmong([.. SyntheticShape.Named.Select(named => named.Name)]);
        foreach (Option option in (Option[])[shape, type, seed, threads])
        {
            command.Add(option);
        }

        command.Add(output);
        command.SetAction((parsed, cancellationToken) =>
        {
            using ProgressLine line = new("writing");
            SyntheticModel.Write(
                parsed.GetRequiredValue(output),
                SyntheticShape.Find(parsed.GetRequiredValue(shape)),
                QuantizeCommand.Mix(parsed.GetRequiredValue(type)),
                new SyntheticOptions { Seed = parsed.GetValue(seed), Threads = ModelOptions.ThreadCount(parsed, threads) },
                new SynchronousProgress<QuantizationProgress>(p => line.Report(p.ElementsDone, p.ElementsTotal, p.Tensor)),
                cancellationToken);
            line.Dispose();
            FileSummary.Write(parsed.GetRequiredValue(output));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }
}
