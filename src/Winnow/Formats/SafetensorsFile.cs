using System.Collections.ObjectModel;
using System.Text.Json;
using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>A safetensors model, mapped into memory: one file, or the shards that a <c>model.safetensors.index.json</c> names.</summary>
/// <remarks>Format: https://github.com/huggingface/safetensors#format. Truth values (BOOL) are read as <see cref="TensorType.U8"/>.</remarks>
internal sealed class SafetensorsFile : ITensorFile
{
    private const string IndexName = "model.safetensors.index.json";
    private const string SingleName = "model.safetensors";

    private readonly MappedFiles _files;
    private readonly ReadOnlyDictionary<string, TensorEntry> _tensors;

    private SafetensorsFile(
        string path,
        MappedFiles files,
        Dictionary<string, TensorEntry> tensors,
        IReadOnlyDictionary<string, string> metadata)
    {
        Path = path;
        _files = files;
        _tensors = tensors.AsReadOnly();
        Metadata = metadata;
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>All files of the model.</summary>
    public IEnumerable<string> Files => _files.Paths;

    /// <summary>The texts of <c>__metadata__</c>; of several shards, those of the first.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public IReadOnlyDictionary<string, TensorEntry> Tensors
    {
        get
        {
            ObjectDisposedException.ThrowIf(_files.IsDisposed, this);
            return _tensors;
        }
    }

    /// <summary>Opens a safetensors file, an index of shards (<c>.json</c>), or a folder that holds one or the other.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="ModelFormatException">It is missing, damaged, incomplete, or of another kind.</exception>
    public static SafetensorsFile Open(string path) => Open(path, maps: true, CancellationToken.None);

    /// <summary>Opens files that are mapped, or read into memory as a whole.</summary>
    internal static SafetensorsFile Open(string path, bool maps, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Directory.Exists(path) ? FindInFolder(path) : path;
        MappedFiles files = new(maps, cancellation);
        try
        {
            return file.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
                ? OpenShards(path, file, files)
                : OpenSingle(path, file, files);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps the file: its tensors must no longer be used.</summary>
    public void Dispose() => _files.Dispose();

    /// <inheritdoc cref="MappedFiles.CheckUnchanged"/>
    internal void CheckUnchanged() => _files.CheckUnchanged();

    private static string FindInFolder(string folder)
    {
        string[] known = [System.IO.Path.Combine(folder, IndexName), System.IO.Path.Combine(folder, SingleName)];
        if (Array.Find(known, File.Exists) is string found)
        {
            return found;
        }

        string[] others;
        try
        {
            others = Directory.GetFiles(folder, "*.safetensors");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException(folder, $"cannot be read: {e.Message}", e);
        }

        if (others.Length == 0)
        {
            // A folder of something else is refused as what it is.
            _ = ModelFolder.Config(folder);
        }

        return others is [string only]
            ? only
            : throw new ModelFormatException(folder, $"holds {others.Length} safetensors files, but neither {IndexName} nor {SingleName}");
    }

    private static SafetensorsFile OpenSingle(string path, string file, MappedFiles files)
    {
        SafetensorsHeader header = OpenFile(file, files);
        Dictionary<string, TensorEntry> tensors = new(header.Tensors.Count, StringComparer.Ordinal);
        foreach (TensorEntry tensor in header.Tensors)
        {
            tensors.Add(tensor.Name, tensor);
        }

        return new SafetensorsFile(path, files, tensors, header.Metadata);
    }

    private static SafetensorsFile OpenShards(string path, string index, MappedFiles files)
    {
        Dictionary<string, string> shardOfTensor = ReadIndex(index);
        Dictionary<string, TensorEntry> tensors = new(shardOfTensor.Count, StringComparer.Ordinal);
        IReadOnlyDictionary<string, string>? metadata = null;
        foreach (string shard in shardOfTensor.Values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string shardPath = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(index) ?? "", shard);
            SafetensorsHeader header = OpenFile(shardPath, files);
            metadata ??= header.Metadata;
            foreach (TensorEntry tensor in header.Tensors)
            {
                // A shard may repeat a tensor of another one (tied weights): the index says which counts.
                if (shardOfTensor.TryGetValue(tensor.Name, out string? home) && home == shard)
                {
                    tensors.Add(tensor.Name, tensor);
                }
            }
        }

        foreach ((string tensor, string shard) in shardOfTensor)
        {
            if (!tensors.ContainsKey(tensor))
            {
                throw new ModelFormatException(index, $"says that tensor '{tensor}' is in {shard}, but it is not");
            }
        }

        return new SafetensorsFile(path, files, tensors, metadata ?? ReadOnlyDictionary<string, string>.Empty);
    }

    private static SafetensorsHeader OpenFile(string path, MappedFiles files) => SafetensorsHeader.Read(files.Add(path, SafetensorsHeader.Expected));

    private static Dictionary<string, string> ReadIndex(string path)
    {
        using MappedFile file = MappedFile.Open(path, "an index of safetensors files");
        if (file.Length > SafetensorsHeader.MaxBytes)
        {
            throw new ModelFormatException(path, $"has {file.Length:N0} bytes, but an index may have {SafetensorsHeader.MaxBytes:N0}");
        }

        Dictionary<string, string> shardOfTensor = new(StringComparer.Ordinal);
        JsonText.Parse(path, "the index", file.Bytes(0, (int)file.Length), (ref Utf8JsonReader reader) =>
        {
            while (JsonText.ReadProperty(ref reader, out string name))
            {
                if (name == "weight_map" && shardOfTensor.Count == 0)
                {
                    ReadWeightMap(ref reader, shardOfTensor);
                }
                else
                {
                    reader.Skip();
                }
            }
        });
        return shardOfTensor.Count > 0 ? shardOfTensor : throw new ModelFormatException(path, "has no weight_map, or an empty one");
    }

    private static void ReadWeightMap(ref Utf8JsonReader reader, Dictionary<string, string> shardOfTensor)
    {
        JsonText.ReadStartObject(ref reader, "weight_map");
        while (JsonText.ReadProperty(ref reader, out string tensor))
        {
            string shard = JsonText.ReadString(ref reader, tensor);

            // A plain name only: an index must not reach out of its folder.
            if (shard is "" or "." or ".." || shard.AsSpan().ContainsAny("/\\:\0"))
            {
                throw new JsonException($"tensor '{tensor}' is said to be in '{shard}', which is no name of a file in the same folder");
            }

            if (shardOfTensor.Count == SafetensorsHeader.MaxTensors)
            {
                throw new JsonException($"weight_map has more than {SafetensorsHeader.MaxTensors:N0} tensors");
            }

            if (!shardOfTensor.TryAdd(tensor, shard))
            {
                throw new JsonException($"weight_map has the tensor '{tensor}' twice");
            }
        }
    }
}
