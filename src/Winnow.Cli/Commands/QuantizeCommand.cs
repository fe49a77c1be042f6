using System.CommandLine;
using Winnow.Cli.Help;
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
        Option<int> threads = ModelOptions.ThreadsOption();
        Option<bool> requantize = new("--allow-requantize") { Description = "Accept weights that are quantized already; costs quality twice." };
        Option<string?> importance = new("--imatrix") { Description = "Importance matrix of the model, from winnow imatrix or llama-imatrix; small types need one.", HelpName = "FILE" };
        Option<bool> pure = new("--pure") { Description = "All matrices in the type that TYPE is named after." };
        command.Add(input);
        command.Add(output);
        command.Add(type);
        command.Add(threads);
        command.Add(requantize);
        command.Add(importance);
        command.Add(pure);
        command.SetAction((parsed, cancellationToken) =>
        {
            QuantizationMix mix = Mix(parsed.GetRequiredValue(type));
            ImportanceMatrix? matrix = parsed.GetValue(importance) is { } path ? ImportanceMatrix.Load(path) : null;
            if (matrix is null && QuantizationMixes.NeedImportance(mix))
            {
                Console.Error.WriteLine($"note: {mix} loses much without --imatrix, which winnow imatrix makes");
            }

            using ProgressLine line = new("quantizing");
            ModelQuantizer.Quantize(
                parsed.GetRequiredValue(input),
                parsed.GetRequiredValue(output),
                mix,
                new QuantizerOptions
                {
                    Threads = ModelOptions.ThreadCount(parsed, threads),
                    AllowRequantizing = parsed.GetValue(requantize),
                    Importance = matrix,
                    Pure = parsed.GetValue(pure),
                },
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
            string? near = Suggestion.For(name, QuantizationMixes.Names.Select(known => known.ToLowerInvariant()));
            throw new UsageException(near is null ? e.Message : $"{e.Message}; did you mean '{near.ToUpperInvariant()}'?");
        }
    }
}
