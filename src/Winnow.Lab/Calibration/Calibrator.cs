using System.Text.Json.Nodes;
using Winnow.Calibration;
using Winnow.Generation;
using Winnow.Lab.Calibration.A2ats;
using Winnow.Lab.Calibration.Delta;
using Winnow.Lab.Calibration.S3;
using Winnow.Lab.Calibration.TokenSparse;

namespace Winnow.Lab.Calibration;

/// <summary>Makes the calibration file of a model: what <c>winnow calibrate</c> does.</summary>
public static class Calibrator
{
    private const string OriginKey = "origin";

    private static readonly MethodCalibrator[] All = [new TokenSparseCalibrator(), new DeltaCalibrator(), new A2atsCalibrator(), new S3Calibrator()];

    /// <summary>The methods that can be calibrated.</summary>
    public static IReadOnlyList<string> Methods { get; } = [.. All.Select(calibrator => calibrator.Method)];

    /// <summary>Calibrates methods and writes the file; sections of other methods and what was tuned stay, and so does what an interrupted run had saved.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="options">Corpus, methods, seed.</param>
    /// <param name="path">The file; null for the one beside the model.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Stops soon; sections that were completed before are in the file, and are not made again by a run with the same options.</param>
    /// <returns>The file's path.</returns>
    /// <exception cref="InvalidOptionException">What is to be tuned is not one that there is.</exception>
    /// <exception cref="WinnowException">A method is unknown, the corpus is too small, or the file is of another model.</exception>
    public static string Run(
        Engine engine,
        CalibrationOptions options,
        string? path = null,
        IProgress<CalibrationProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        return engine.Lifetime.Run(stop => Calibrate(engine, options, path, progress, stop), cancellationToken);
    }

    private static string Calibrate(
        Engine engine, CalibrationOptions options, string? path, IProgress<CalibrationProgress>? progress, CancellationToken cancellationToken)
    {
        MethodCalibrator[] chosen = Choose(options.Methods);
        path ??= CalibrationFile.DefaultPath(engine.Model.Path);
        if (options.Tuning.Count > 0)
        {
            CalibrationFile.Update(path, engine.Model.Identity, sections => sections[CalibrationFile.Tuning] =
                TuningSection.Change(sections.GetValueOrDefault(CalibrationFile.Tuning), options.Tuning));
        }

        int[][] documents = [.. options.Corpus.Select(text => engine.Tokenizer.Encode(text, addSpecial: true)).Where(tokens => tokens.Length > 1)];
        if (documents.Length == 0)
        {
            throw new WinnowException("the corpus has no text");
        }

        foreach (MethodCalibrator calibrator in chosen)
        {
            string method = calibrator.Method;
            string draft = CalibrationFile.DraftOf(method);
            Dictionary<string, CalibrationSectionDraft> saved = CalibrationFile.Copy(path, engine.Model.Identity);
            CalibrationRun run = new(
                engine,
                method,
                documents,
                options,
                saved.GetValueOrDefault(draft) ?? saved.GetValueOrDefault(method),
                section => CalibrationFile.Update(path, engine.Model.Identity, sections => sections[draft] = section),
                progress,
                cancellationToken);
            string? origin = calibrator.Origin(run);
            if (origin is not null && !saved.ContainsKey(draft) && IsFrom(saved.GetValueOrDefault(method), origin))
            {
                run.Report("made already", 1);
                continue;
            }

            CalibrationSectionDraft finished = calibrator.Calibrate(run);
            if (origin is not null)
            {
                finished.Settings[OriginKey] = origin;
            }

            CalibrationFile.Update(path, engine.Model.Identity, sections =>
            {
                sections.Remove(draft);
                sections[method] = finished;
            });
        }

        return path;
    }

    private static bool IsFrom(CalibrationSectionDraft? section, string origin) =>
        section?.Settings[OriginKey] is JsonValue value && value.TryGetValue(out string? made) && made == origin;

    private static MethodCalibrator[] Choose(IReadOnlyList<string>? methods)
    {
        foreach (string method in methods ?? [])
        {
            if (!Methods.Contains(method))
            {
                throw new WinnowException($"'{method}' cannot be calibrated; there are {string.Join(", ", Methods)}");
            }
        }

        return [.. All.Where(calibrator => methods?.Contains(calibrator.Method) ?? true)];
    }
}
