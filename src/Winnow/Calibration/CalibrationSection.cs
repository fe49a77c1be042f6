using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Winnow.Formats;

namespace Winnow.Calibration;

/// <summary>What a calibration file holds for one method: named tensors and settings. Valid until the file is disposed.</summary>
internal sealed class CalibrationSection
{
    private readonly string _path;
    private readonly string _method;
    private readonly Dictionary<string, TensorEntry> _tensors;

    /// <param name="path">The file, for errors.</param>
    /// <param name="method">Whose section it is.</param>
    /// <param name="settings">A JSON object as text.</param>
    /// <param name="tensors">By name, without the method's prefix.</param>
    /// <exception cref="WinnowException">The settings are no JSON object.</exception>
    public CalibrationSection(string path, string method, string settings, Dictionary<string, TensorEntry> tensors)
    {
        _path = path;
        _method = method;
        _tensors = tensors;
        try
        {
            // Names that come twice and halves of surrogate pairs would fail later, wherever a session looks at them first.
            byte[] text = Encoding.UTF8.GetBytes(settings);
            JsonFile.CheckTexts(path, text);
            Settings = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                ?? throw new JsonException("it is something else");
        }
        catch (JsonException e)
        {
            throw new WinnowException($"{path}: the settings of '{method}' are no JSON object: {e.Message}", e);
        }
        catch (ModelFormatException e)
        {
            throw new WinnowException($"{e.Message} of the settings of '{method}'", e);
        }
    }

    /// <summary>What the method wrote down beside its tensors.</summary>
    public JsonObject Settings { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors => _tensors;

    /// <summary>A tensor of a known shape.</summary>
    /// <exception cref="WinnowException">It is absent or has another shape; the message names file, tensor and shapes.</exception>
    public TensorEntry Tensor(string name, params ReadOnlySpan<long> shape)
    {
        if (!_tensors.TryGetValue(name, out TensorEntry? tensor))
        {
            throw new WinnowException($"{_path}: '{_method}' lacks the tensor '{name}'; calibrate again");
        }

        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new WinnowException(
                $"{_path}: the tensor '{_method}.{name}' has the shape [{string.Join(", ", tensor.Shape)}], but the model needs [{string.Join(", ", shape.ToArray())}]");
        }

        return tensor;
    }

    /// <summary>A list of whole numbers in the settings, such as layers; null where there is none.</summary>
    /// <exception cref="WinnowException">It is something else.</exception>
    public IReadOnlyList<int>? Integers(string key)
    {
        try
        {
            return Settings[key]?.AsArray().Select(value => value!.GetValue<int>()).ToArray();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new WinnowException($"{_path}: '{_method}.{key}' must be a list of integers", e);
        }
    }

    /// <summary>A whole number in the settings; null where there is none.</summary>
    /// <exception cref="WinnowException">It is something else.</exception>
    public int? Integer(string key) => Settings[key] switch
    {
        null => null,
        JsonValue value when value.TryGetValue(out int number) => number,
        _ => throw new WinnowException($"{_path}: '{_method}.{key}' must be a whole number"),
    };

    /// <summary>A list of texts in the settings; null where there is none.</summary>
    /// <exception cref="WinnowException">It is something else.</exception>
    public IReadOnlyList<string>? Texts(string key)
    {
        try
        {
            return Settings[key]?.AsArray().Select(value => value!.GetValue<string>()).ToArray();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException or NullReferenceException)
        {
            throw new WinnowException($"{_path}: '{_method}.{key}' must be a list of texts", e);
        }
    }

    /// <summary>A number in the settings; null where there is none.</summary>
    /// <exception cref="WinnowException">It is something else.</exception>
    public double? Number(string key)
    {
        try
        {
            return Settings[key]?.GetValue<double>();
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new WinnowException($"{_path}: '{_method}.{key}' must be a number", e);
        }
    }
}
