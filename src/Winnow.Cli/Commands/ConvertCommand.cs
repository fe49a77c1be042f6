using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Lab.Conversion;
using Winnow.Lab.Quantization;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow convert</c>: a Hugging Face directory as one GGUF file.</summary>
internal static class ConvertCommand
{
    public static Command Create()
    {
        Command command = new("convert", "Write a Hugging Face directory (config.json, tokenizer.json, *.safetensors) as one GGUF file.");
        Argument<string> input = new("DIR") { Description = "The directory." };
        Argument<string> output = new("OUT") { Description = "GGUF file to write." };
        Option<string> type = new("--type") { Description = $"auto (as the directory has them), or one of {string.Join(", ", QuantizationMixes.Names)}.", DefaultValueFactory = _ => "auto", HelpName = "TYPE" };
        Option<int> threads = ModelOptions.ThreadsOption();
        command.Add(input);
        command.Add(output);
        command.Add(type);
        command.Add(threads);
        command.SetAction((parsed, cancellationToken) =>
        {
            using ProgressLine line = new("converting");
            string name = parsed.GetRequiredValue(type);
            IReadOnlyList<string> losses = HuggingFaceConverter.Convert(
                parsed.GetRequiredValue(input),
                parsed.GetRequiredValue(output),
                name == "auto" ? null : QuantizeCommand.Mix(name),
                ModelOptions.ThreadCount(parsed, threads),
                new SynchronousProgress<QuantizationProgress>(p => line.Report(p.ElementsDone, p.ElementsTotal, p.Tensor)),
                cancellationToken);
            line.Dispose();
            foreach (string loss in losses)
            {
                Console.Error.WriteLine($"note: {VisibleText.OneLine(loss)}");
            }

            FileSummary.Write(parsed.GetRequiredValue(output));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }
}
