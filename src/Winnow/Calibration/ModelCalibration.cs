namespace Winnow.Calibration;

/// <summary>What was calibrated for a model, as far as there is anything. Immutable; shared by sessions.</summary>
internal sealed class ModelCalibration : IDisposable
{
    private readonly CalibrationFile? _file;
    private readonly ModelIdentity? _model;

    private ModelCalibration(CalibrationFile? file, ModelIdentity? model, string? path, string problem)
    {
        _file = file;
        _model = model;
        Path = path;
        Problem = problem;
    }

    /// <summary>Nothing calibrated: methods take their defaults.</summary>
    internal static ModelCalibration None { get; } = new(null, null, null, "the model has not been calibrated");

    /// <summary>The file; null where there is none that fits.</summary>
    public string? Path { get; }

    /// <summary>The methods that have a section in the file.</summary>
    public IEnumerable<string> Methods => _file?.Sections.Keys.Where(CalibrationFile.IsOfMethod) ?? [];

    /// <summary>Why there is no calibration; empty where there is one.</summary>
    public string Problem { get; }

    /// <summary>What was calibrated for a method; null where nothing was.</summary>
    internal CalibrationSection? Find(string method) => _file?.Sections.GetValueOrDefault(method);

    /// <summary>What was calibrated for a method that cannot do without.</summary>
    /// <exception cref="WinnowException">Nothing was; the message says why and how to make it.</exception>
    internal CalibrationSection Require(string method) => Find(method) ?? throw new WinnowException(
        $"{method}: {Reason}; make it with: {Command(method)}");

    /// <summary>Says that a method does without a calibration, and how to make one; null where there is one.</summary>
    /// <param name="method">The method.</param>
    /// <param name="consequence">What it does instead.</param>
    internal string? NoteWithout(string method, string consequence) => Find(method) is null
        ? $"{method} runs uncalibrated on this model: {consequence} ({Reason}); {Command(method)}"
        : null;

    private string Reason => _file is null ? Problem : $"{Path} has nothing for it";

    private string Command(string method) => $"winnow calibrate -m {_model?.Path ?? "MODEL"} -f CORPUS --methods {method}";

    /// <summary>Opens the calibration of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="path">The file; null for the one beside the model, where there is one that fits.</param>
    /// <exception cref="WinnowException">The file that was named is missing, damaged, or of another model.</exception>
    internal static ModelCalibration Load(ModelIdentity model, string? path)
    {
        if (path is not null)
        {
            return new ModelCalibration(CalibrationFile.Open(path, model), model, path, "");
        }

        string beside = CalibrationFile.DefaultPath(model.Path);
        if (!File.Exists(beside))
        {
            return new ModelCalibration(null, model, null, $"there is no calibration file {beside}");
        }

        try
        {
            return new ModelCalibration(CalibrationFile.Open(beside, model), model, beside, "");
        }
        catch (WinnowException e)
        {
            // A stale file beside the model must not keep anyone from using the model without it.
            return new ModelCalibration(null, model, null, e.Message);
        }
    }

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file?.Dispose();
}
