using Winnow.Formats;

namespace Winnow.Lab.Inspection;

/// <summary>What a GGUF or safetensors file holds: its metadata and the names, types and shapes of its tensors. Their bytes are not read.</summary>
public sealed class ModelFileContents
{
    /// <summary>A safetensors file, the index of a split one, a calibration file.</summary>
    private static readonly string[] SafetensorsExtensions = [".safetensors", ".json", ".winnow"];

    private ModelFileContents(ITensorFile file)
    {
        Path = file.Path;
        Tensors = [.. file.Tensors.Values.Select(tensor => new TensorInfo(tensor.Name, tensor.Type, tensor.Shape, tensor.ElementCount, tensor.SizeBytes))];
    }

    /// <summary>The path that was read.</summary>
    public string Path { get; }

    /// <summary>The version of GGUF, 2 or 3; null for safetensors.</summary>
    public int? GgufVersion { get; private init; }

    /// <summary>Whether the file or folder is a model, and not the calibration of one or tensors of another kind.</summary>
    public bool IsModel { get; private init; }

    /// <summary>Keys and values in the order of the file; of a split one, those of the first part. Values are numbers, truth values, texts and arrays of them.</summary>
    public IReadOnlyList<KeyValuePair<string, object>> Metadata { get; private init; } = [];

    /// <summary>The tensors, of a split file those of all parts.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>Reads what a file says of itself.</summary>
    /// <param name="path">A GGUF file, any part of a split one, a safetensors file or index, a calibration file, or a Hugging Face directory.</param>
    /// <exception cref="ModelFormatException">The file is missing or damaged, or none of these.</exception>
    public static ModelFileContents Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path) && !SafetensorsExtensions.Contains(System.IO.Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
        {
            using GgufFile gguf = GgufFile.Open(path);
            return new ModelFileContents(gguf) { GgufVersion = gguf.Version, IsModel = true, Metadata = [.. gguf.Metadata] };
        }

        using SafetensorsFile safetensors = SafetensorsFile.Open(path);
        return new ModelFileContents(safetensors)
        {
            IsModel = File.Exists(System.IO.Path.Combine(path, "config.json")),
            Metadata = [.. safetensors.Metadata.Select(pair => new KeyValuePair<string, object>(pair.Key, pair.Value))],
        };
    }
}
