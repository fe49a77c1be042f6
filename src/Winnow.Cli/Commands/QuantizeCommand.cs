using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Lab.Quantization;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow quantize</c>: a GGUF file in a smaller type.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        Command command = new("quantize", "Write a GGUF file in another type.");
        Argument<string> input = new("IN") { Description = "GGUF file with float weights." };
        Argument<string> output = new("OUT") { Description = "GGUF file to write." };
        Argument<string> type = new("TYPE") { Description = $"One of {string.Join(", ", QuantizationMixes.Names)}." };
        Option<int> threads = new("--threads", "-t") { Description = "Threads that compute; 0: one per core.", HelpName = "N" };
        Option<bool> requantize = new("--allow-requantize") { Description = "Accept weights that are quantized already; costs quality twice." };
        command.Add(input);
        command.Add(output);
        command.Add(type);
        command.Add(threads);
        command.Add(requantize);
        threads.Within(0, ModelOptions.MaxThreads);
        command.SetAction((parsed, cancellationToken) =>
        {
            using ProgressLine line = new("quantizing");
            ModelQuantizer.Quantize(
                parsed.GetRequiredValue(input),
                parsed.GetRequiredValue(output),
                Mix(parsed.GetRequiredValue(type)),
                new QuantizerOptions { Threads = parsed.GetValue(threads), AllowRequantizing = parsed.GetValue(requantize) },
                new SynchronousProgress<QuantizationProgress>(p => line.Report(p.ElementsDone, p.ElementsTotal, p.Tensor)),
                cancellationToken);
            line.Dispose();
            FileSummary.Write(parsed.GetRequiredValue(output));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    internal static QuantizationMix Mix(string name)
    {
        try
        {
            return QuantizationMixes.Parse(name);
        }
        catch (WinnowException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
