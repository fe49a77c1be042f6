using System.Collections.ObjectModel;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Winnow.Formats;

/// <summary>A GGUF model file, or a set of split ones, mapped into memory: opening reads the header only.</summary>
/// <remarks>Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.</remarks>
internal sealed partial class GgufFile : ITensorFile
{
    private readonly MappedFiles _files;
    private readonly GgufMetadata _metadata;
    private readonly ReadOnlyDictionary<string, TensorEntry> _tensors;

    private GgufFile(string path, MappedFiles files, GgufHeader first, Dictionary<string, TensorEntry> tensors)
    {
        Path = path;
        _files = files;
        Version = first.Version;
        _metadata = first.Metadata;
        _tensors = tensors.AsReadOnly();
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <summary>All files of the model.</summary>
    public IEnumerable<string> Files => _files.Paths;

    /// <summary>The version of the format: 2 or 3.</summary>
    public int Version { get; }

    /// <summary>The metadata; of a split file, those of the first part.</summary>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public GgufMetadata Metadata
    {
        get
        {
            ThrowIfDisposed();
            return _metadata;
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public IReadOnlyDictionary<string, TensorEntry> Tensors
    {
        get
        {
            ThrowIfDisposed();
            return _tensors;
        }
    }

    /// <summary>Opens a file; of a file split into <c>-00001-of-0000N</c> parts, any part opens all of them.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ModelFormatException">The file is missing, damaged, incomplete, or of another kind.</exception>
    public static GgufFile Open(string path) => Open(path, maps: true, CancellationToken.None);

    /// <summary>Opens a file that is mapped, or read into memory as a whole.</summary>
    internal static GgufFile Open(string path, bool maps, CancellationToken cancellation)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        MappedFiles files = new(maps, cancellation);
        try
        {
            GgufHeader header = GgufHeader.Read(files.Add(path, GgufHeader.Expected));
            int parts = header.Metadata.GetInt32OrNull("split.count") ?? 1;
            if (parts <= 1)
            {
                Dictionary<string, TensorEntry> tensors = new(header.Tensors.Count, StringComparer.Ordinal);
                AddTensors(tensors, header, path);
                return new GgufFile(path, files, header, tensors);
            }

            return OpenParts(path, files, header, parts);
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

    private static GgufFile OpenParts(string path, MappedFiles files, GgufHeader given, int parts)
    {
        Match name = PartName().Match(System.IO.Path.GetFileName(path));
        int givenPart = name.Success ? int.Parse(name.Groups["part"].ValueSpan, CultureInfo.InvariantCulture) - 1 : -1;
        if (givenPart < 0 || givenPart >= parts || int.Parse(name.Groups["count"].ValueSpan, CultureInfo.InvariantCulture) != parts)
        {
            throw new ModelFormatException(
                path, $"is one of {parts} parts of a split model, so its name must end with '-00001-of-{parts:D5}.gguf'");
        }

        string folder = System.IO.Path.GetDirectoryName(path) ?? "";
        GgufHeader? first = null;
        Dictionary<string, TensorEntry> tensors = new(StringComparer.Ordinal);
        for (int part = 0; part < parts; part++)
        {
            string partPath = part == givenPart
                ? path
                : System.IO.Path.Combine(folder, $"{name.Groups["stem"].Value}-{part + 1:D5}-of-{parts:D5}.gguf");
            GgufHeader header = part == givenPart ? given : OpenPart(partPath, files, part, parts);
            CheckPart(header.Metadata, partPath, part, parts);
            first ??= header;
            AddTensors(tensors, header, partPath);
        }

        int announced = first!.Metadata.GetInt32OrNull("split.tensors.count") ?? tensors.Count;
        return announced == tensors.Count
            ? new GgufFile(path, files, first, tensors)
            : throw new ModelFormatException(
                path, $"metadata key 'split.tensors.count' is {announced}, but the {parts} parts hold {tensors.Count} tensors");
    }

    private static GgufHeader OpenPart(string path, MappedFiles files, int part, int parts)
    {
        if (!File.Exists(path))
        {
            throw new ModelFormatException(path, $"no such file: part {part + 1} of the {parts} parts of a split model is missing");
        }

        return GgufHeader.Read(files.Add(path, GgufHeader.Expected));
    }

    private static void CheckPart(GgufMetadata metadata, string path, int part, int parts)
    {
        int number = metadata.GetInt32("split.no");
        int count = metadata.GetInt32("split.count");
        if (number != part || count != parts)
        {
            throw new ModelFormatException(
                path,
                $"metadata keys 'split.no' and 'split.count' are {number} and {count}, but a part of this name must have {part} and {parts}");
        }
    }

    private static void AddTensors(Dictionary<string, TensorEntry> tensors, GgufHeader header, string path)
    {
        foreach (TensorEntry tensor in header.Tensors)
        {
            if (!tensors.TryAdd(tensor.Name, tensor))
            {
                throw new ModelFormatException(path, $"tensor '{tensor.Name}' is in another part of the model too");
            }
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_files.IsDisposed, this);

    [GeneratedRegex("^(?<stem>.*)-(?<part>[0-9]{5})-of-(?<count>[0-9]{5})\\.gguf$", RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
