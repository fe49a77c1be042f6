using System.Security.Cryptography;
using System.Text;
using Winnow.Formats;
using Winnow.Tensors;

namespace Winnow.Calibration;

/// <summary>The sidecar of a model, <c>model.winnow</c>: a safetensors file with one section for each method that was calibrated.</summary>
/// <remarks>
/// Tensors are called <c>method.name</c>; the file's metadata holds the model's fingerprint and, under the method's name, its
/// settings as a JSON object.
/// </remarks>
internal sealed class CalibrationFile : IDisposable
{
    /// <summary>The section of values that suit the model better than the papers': no method's own.</summary>
    public const string Tuning = "tuning";

    private const string DraftPrefix = "unfinished-";
    private const string Extension = ".winnow";
    private const string VersionKey = "winnow.calibration";
    private const string Version = "1";
    private const string FingerprintKey = "winnow.model";

    /// <summary>Hours of calibration are not to be lost because another one writes a large section.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly SafetensorsFile _file;

    private CalibrationFile(SafetensorsFile file, Dictionary<string, CalibrationSection> sections)
    {
        _file = file;
        Sections = sections;
    }

    /// <summary>The sections by method.</summary>
    public IReadOnlyDictionary<string, CalibrationSection> Sections { get; }

    /// <summary>Where the sidecar of a model lies unless said otherwise: beside it, under its name.</summary>
    /// <param name="modelPath">A GGUF file, or a Hugging Face directory.</param>
    public static string DefaultPath(string modelPath) => Directory.Exists(modelPath)
        ? Path.Combine(modelPath, $"model{Extension}")
        : Path.ChangeExtension(modelPath, Extension);

    /// <summary>The section that holds what a method's calibration has so far: the finished one stays until there is another.</summary>
    public static string DraftOf(string method) => DraftPrefix + method;

    /// <summary>Whether a section is what sessions may use: finished, and of a method.</summary>
    public static bool IsOfMethod(string section) => section != Tuning && !section.StartsWith(DraftPrefix, StringComparison.Ordinal);

    /// <summary>Opens the sidecar of a model.</summary>
    /// <exception cref="WinnowException">The file is missing, damaged, or of another model.</exception>
    public static CalibrationFile Open(string path, ModelIdentity model)
    {
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Open(path);
        }
        catch (ModelFormatException e)
        {
            throw new WinnowException(e.Message, e);
        }

        try
        {
            Check(path, file, model);
            return new CalibrationFile(file, ReadSections(path, file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The sections that a sidecar holds, to be changed; none where there is no file.</summary>
    /// <exception cref="WinnowException">The file is damaged, or of another model.</exception>
    public static Dictionary<string, CalibrationSectionDraft> Copy(string path, ModelIdentity model)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        using CalibrationFile file = Open(path, model);
        return file.Sections.ToDictionary(section => section.Key, section => CalibrationSectionDraft.Copy(section.Value), StringComparer.Ordinal);
    }

    /// <summary>Changes sections of a sidecar, and keeps what others have written of other sections meanwhile.</summary>
    /// <param name="path">The file; it need not exist.</param>
    /// <param name="model">The model.</param>
    /// <param name="change">Changes what the file holds now.</param>
    /// <exception cref="WinnowException">The file is damaged, or of another model, or the disk is full or failed; the older file is unchanged.</exception>
    public static void Update(string path, ModelIdentity model, Action<Dictionary<string, CalibrationSectionDraft>> change)
    {
        using FileLock held = FileLock.Take(path, Patience);
        Dictionary<string, CalibrationSectionDraft> sections = Copy(path, model);
        change(sections);
        Write(path, model, sections, held);
    }

    /// <summary>Writes sections as the sidecar of a model, in place of an older one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="model">The model.</param>
    /// <param name="sections">All sections.</param>
    /// <param name="held">The right to write the file, where the caller has it already.</param>
    /// <exception cref="WinnowException">The disk is full or failed; the older file is unchanged.</exception>
    public static void Write(string path, ModelIdentity model, IReadOnlyDictionary<string, CalibrationSectionDraft> sections, FileLock? held = null)
    {
        Dictionary<string, string> metadata = new() { [VersionKey] = Version, [FingerprintKey] = model.Fingerprint };
        foreach ((string method, CalibrationSectionDraft section) in sections)
        {
            metadata[method] = section.Settings.ToJsonString();
        }

        using SafetensorsWriter writer = new(path, metadata, held);
        foreach ((string method, CalibrationSectionDraft section) in sections)
        {
            foreach ((string name, (TensorType type, long[] shape, _)) in section.Tensors)
            {
                writer.Declare($"{method}.{name}", type, shape);
            }
        }

        foreach ((string method, CalibrationSectionDraft section) in sections)
        {
            foreach ((string name, (_, _, byte[] bytes)) in section.Tensors)
            {
                writer.Write($"{method}.{name}", bytes);
            }
        }

        writer.Complete();
    }

    /// <summary>A short hash of a text, by which settings name the corpus that they came from.</summary>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))[..16]);

    /// <summary>Unmaps the file.</summary>
    public void Dispose() => _file.Dispose();

    private static void Check(string path, SafetensorsFile file, ModelIdentity model)
    {
        if (!file.Metadata.TryGetValue(VersionKey, out string? version))
        {
            throw new WinnowException($"{path} is no calibration file: its metadata has no {VersionKey}");
        }

        if (version != Version)
        {
            throw new WinnowException($"{path}: calibration version '{version}' is not supported, only {Version}; calibrate again");
        }

        string? fingerprint = file.Metadata.GetValueOrDefault(FingerprintKey);
        if (fingerprint != model.Fingerprint)
        {
            throw new WinnowException(
                $"{path} was made for another model (fingerprint {fingerprint}; {model.Name} has {model.Fingerprint}); calibrate this one");
        }
    }

    private static Dictionary<string, CalibrationSection> ReadSections(string path, SafetensorsFile file)
    {
        Dictionary<string, CalibrationSection> sections = new(StringComparer.Ordinal);
        foreach ((string method, string settings) in file.Metadata)
        {
            if (method is not (VersionKey or FingerprintKey))
            {
                string prefix = method + '.';
                Dictionary<string, TensorEntry> tensors = file.Tensors
                    .Where(tensor => tensor.Key.StartsWith(prefix, StringComparison.Ordinal))
                    .ToDictionary(tensor => tensor.Key[prefix.Length..], tensor => tensor.Value, StringComparer.Ordinal);
                sections[method] = new CalibrationSection(path, method, settings, tensors);
            }
        }

        return sections;
    }
}
