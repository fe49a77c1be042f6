using System.CommandLine;
using Winnow.Cli.Options;
using Winnow.Cli.Output;
using Winnow.Generation;
using Winnow.Lab.Calibration;

namespace Winnow.Cli.Commands;

/// <summary><c>winnow calibrate</c>: what attention methods need to know of a model, as a file beside it.</summary>
internal static class CalibrateCommand
{
    public static Command Create()
    {
        Command command = new("calibrate", "Find out what attention methods need to know of a model and write it beside the model.");
        ModelOptions model = new ModelOptions().AddTo(command);
        Option<string[]> corpus = new("--file", "-f") { Description = "Texts, documents or folders like those that the model will read; a small built-in text by default.", HelpName = "CORPUS", AllowMultipleArgumentsPerToken = true };
        Option<string?> methods = new("--methods") { Description = $"Methods, separated by commas; all by default: {string.Join(", ", Calibrator.Methods)}.", HelpName = "LIST" };
        Option<string[]> tune = new("--tune") { Description = "A value that suits the model better than the paper's, such as a2ats:window=256; sessions take it where --attention names none. Nothing is calibrated unless --methods says so.", HelpName = "SPEC", AllowMultipleArgumentsPerToken = true };
        Option<string?> output = new("--output", "-o") { Description = "File to write; beside the model by default. Its methods that were made of the same corpus and options stay as they are, so that an interrupted run goes on.", HelpName = "SIDECAR" };
        Option<int?> tokens = new("--tokens") { Description = "Tokens of the corpus to read at most; each method's own choice by default.", HelpName = "N" };
        Option<int> seed = new("--seed", "-s") { Description = "Seed of whatever is drawn.", DefaultValueFactory = _ => 1, HelpName = "N" };
        Option<int?> centroids = new("--centroids") { Description = "a2ats: centroids of a codebook, 2 to 65536; more tell keys apart better and cost more in each step.", HelpName = "N" };
        S3CliOptions s3 = new S3CliOptions().AddTo(command);
        foreach (Option option in (Option[])[corpus, methods, tune, output, tokens, centroids, seed])
        {
            command.Add(option);
        }

        tokens.AtLeast(1);
        centroids.AtLeast(2);
        command.SetAction((parsed, cancellationToken) =>
        {
            CalibrationOptions options = UserInput.Read(() => new CalibrationOptions
            {
                Corpus = parsed.GetValue(corpus) is { Length: > 0 } files ? [.. DocumentFiles.Find(files, cancellationToken).Select(document => document.ReadToEnd())] : [CalibrationText.Create()],
                Methods = parsed.GetValue(methods)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    ?? (parsed.GetValue(tune) is { Length: > 0 } ? [] : null),
                Tuning = parsed.GetValue(tune) ?? [],
                MaxTokens = parsed.GetValue(tokens),
                Centroids = parsed.GetValue(centroids),
                Seed = parsed.GetValue(seed),
                S3 = s3.Read(parsed),
            });
            if (parsed.GetValue(output) is null && IsBundled(model, parsed))
            {
                throw new UsageException("the bundled model has its calibration, which this would change: name another file with -o, or another model with -m");
            }

            using Engine engine = model.Load(parsed, cancellationToken);
            using CalibrationReport report = new(options.Methods?.Count ?? Calibrator.Methods.Count);
            string path;
            try
            {
                path = Calibrator.Run(
                    engine,
                    options,
                    parsed.GetValue(output),
                    new SynchronousProgress<CalibrationProgress>(report.Show),
                    cancellationToken);
            }
            catch (InvalidOptionException e)
            {
                throw new UsageException(e.Message);
            }

            report.Dispose();
            FileSummary.Write(path);
            return Task.FromResult(ExitCodes.Success);
        });
        return command;
    }

    /// <summary>Whether the model is the bundled one, also where it is named.</summary>
    private static bool IsBundled(ModelOptions model, ParseResult parsed)
    {
        if (model.IsBundled(parsed))
        {
            return true;
        }

        try
        {
            return Path.GetFullPath(model.Path(parsed)) == Path.GetFullPath(BundledModel.Find());
        }
        catch (UsageException)
        {
            return false;
        }
    }
}
