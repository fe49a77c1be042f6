using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Quantization;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow imatrix</c>: which inputs of a model's matrices matter, for <c>winnow quantize --imatrix</c>.</summary>
internal static class ImportanceCommand
{
    public static Command Create()
    {
        Command command = new("imatrix", "Find out which inputs of a model's matrices matter, so that quantize --imatrix spends its bits there.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string> file = new("--file", "-f") { Description = "A text like those that the model will read.", Required = true, HelpName = "TEXT" };
        Option<string> output = new("--output", "-o") { Description = "File to write, in llama.cpp's format.", Required = true, HelpName = "FILE" };
        Option<int> chunk = new("--chunk") { Description = "Tokens of a chunk; each is read by itself.", HelpName = "N", DefaultValueFactory = _ => 512 };
        Option<int?> chunks = new("--chunks") { Description = "Read at most this many chunks.", HelpName = "N" };
        chunk.AtLeast(2);
        chunks.AtLeast(1);
        foreach (Option option in (Option[])[file, output, chunk, chunks])
        {
            command.Add(option);
        }

        command.SetAction((parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(file);
            string text = DocumentFiles.Read(path, cancellationToken);
            int length = parsed.GetValue(chunk);
            using Engine engine = model.Load(parsed, cancellationToken);
            int[] tokens = engine.Tokenizer.Encode(text, addSpecial: true, cancellationToken: cancellationToken);
            int count = Math.Min(parsed.GetValue(chunks) ?? int.MaxValue, tokens.Length / length);
            if (count == 0)
            {
                throw new UsageException($"{path}: {tokens.Length} tokens are less than a chunk of {length}; --chunk makes it shorter");
            }

            using ProgressLine line = new("importances");
            ImportanceMatrix matrix = ImportanceMatrix.Collect(
                engine,
                tokens[..(count * length)],
                length,
                Path.GetFileName(path),
                new SynchronousProgress<int>(done => line.Report(done, count, $"chunk {done} of {count}")),
                cancellationToken);
            line.Dispose();
            matrix.Save(parsed.GetRequiredValue(output));
            FileSummary.Write(parsed.GetRequiredValue(output));
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }
}
