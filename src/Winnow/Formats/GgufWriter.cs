using System.Text;
using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>Writes a GGUF file (version 3) whose tensors need never be in memory together.</summary>
/// <remarks>
/// Declare every tensor, then write the bytes of each in pieces, then call <see cref="Complete"/>: until then, nothing
/// appears or changes under the file's name, and a writer that is disposed earlier leaves nothing behind.
/// </remarks>
internal sealed class GgufWriter : IDisposable
{
    private const uint Version = 3;

    // The longest name that llama.cpp reads.
    private const int MaxNameBytes = 63;

    private readonly string _path;
    private readonly GgufMetadata _metadata;
    private readonly int _alignment;
    private readonly List<TensorRegion> _regions = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private long _dataLength;
    private TensorBodyWriter? _body;

    /// <summary>Prepares a file; the disk is not touched before the first bytes are written.</summary>
    /// <param name="path">The target; an existing file is replaced at the end.</param>
    /// <param name="metadata">The metadata, taken when the first bytes are written. <c>general.alignment</c> is obeyed.</param>
    /// <exception cref="ArgumentException"><c>general.alignment</c> is no power of two from 8.</exception>
    public GgufWriter(string path, GgufMetadata metadata)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(metadata);
        _path = path;
        _metadata = metadata;
        _alignment = metadata.GetInt32OrNull(GgufHeader.AlignmentKey) ?? GgufHeader.DefaultAlignment;
        if (!GgufHeader.IsAlignment(_alignment))
        {
            throw new ArgumentException($"'{GgufHeader.AlignmentKey}' is {_alignment}, but must be a power of two from 8", nameof(metadata));
        }
    }

    /// <summary>Announces a tensor.</summary>
    /// <param name="name">Its name: unique, at most 63 bytes.</param>
    /// <param name="type">How its elements are stored.</param>
    /// <param name="shape">Extents, slowest first: at most four, all positive, the last a multiple of the block length.</param>
    /// <exception cref="ArgumentException">The name, type or shape is not possible in a GGUF file.</exception>
    /// <exception cref="InvalidOperationException">Bytes were written already.</exception>
    public void Declare(string name, TensorType type, params ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (_body is not null)
        {
            throw new InvalidOperationException($"tensor '{name}' was declared after the first bytes were written");
        }

        if (Encoding.UTF8.GetByteCount(name) > MaxNameBytes)
        {
            throw new ArgumentException($"tensor name '{name}' is longer than {MaxNameBytes} bytes", nameof(name));
        }

        if (!type.IsInGguf())
        {
            throw new ArgumentException($"tensor '{name}' is {type}, which GGUF does not have", nameof(type));
        }

        if (shape.Length > GgufHeader.MaxDimensions || shape.ContainsAnyInRange(long.MinValue, 0) ||
            !TensorRegion.HasWholeBlocks(type, shape) || TensorRegion.Size(type, shape) is not long size)
        {
            throw new ArgumentException($"tensor '{name}' cannot have the shape {TensorRegion.Describe(shape)} as {type}", nameof(shape));
        }

        if (!_names.Add(name))
        {
            throw new ArgumentException($"tensor '{name}' was declared twice", nameof(name));
        }

        _regions.Add(new TensorRegion(name, type, shape.ToArray(), _dataLength, size));
        _dataLength = Align(checked(_dataLength + size));
    }

    /// <summary>Appends to the bytes of a declared tensor; the tensors may come in any order.</summary>
    /// <exception cref="ArgumentException">The tensor was not declared, or gets more bytes than it takes.</exception>
    /// <exception cref="WinnowException">The disk is full or failed.</exception>
    public void Write(string name, ReadOnlySpan<byte> bytes) => Body().Write(name, bytes);

    /// <summary>Appends the bytes of a tensor of another file, as they are.</summary>
    /// <inheritdoc cref="Write(string, ReadOnlySpan{byte})"/>
    public void Write(string name, TensorEntry source) => Body().Write(name, source);

    /// <summary>Puts the complete file under its name.</summary>
    /// <exception cref="InvalidOperationException">A declared tensor lacks bytes.</exception>
    /// <exception cref="WinnowException">The disk is full or failed, or the target cannot be replaced.</exception>
    public void Complete() => Body().Complete();

    /// <summary>Ends the writing; what was not completed is removed.</summary>
    public void Dispose() => _body?.Dispose();

    private TensorBodyWriter Body()
    {
        if (_body is null)
        {
            byte[] header = Header();
            // Padding separates header and data; a file without data ends with its header.
            long dataStart = _regions.Count == 0 ? header.Length : Align(header.Length);
            _body = new TensorBodyWriter(_path, header, dataStart, _dataLength, _regions);
        }

        return _body;
    }

    private byte[] Header()
    {
        using MemoryStream bytes = new();
        using BinaryWriter writer = new(bytes);
        writer.Write("GGUF"u8);
        writer.Write(Version);
        writer.Write((ulong)_regions.Count);
        writer.Write((ulong)_metadata.Count);
        foreach ((string key, object value) in _metadata)
        {
            GgufValue.WriteString(writer, key);
            GgufValue.Write(writer, value);
        }

        foreach (TensorRegion region in _regions)
        {
            GgufValue.WriteString(writer, region.Name);
            writer.Write(region.Shape.Length);
            for (int i = region.Shape.Length - 1; i >= 0; i--)
            {
                writer.Write(region.Shape[i]);
            }

            writer.Write((uint)region.Type);
            writer.Write(region.Offset);
        }

        return bytes.ToArray();
    }

    private long Align(long offset) => checked(offset + _alignment - 1) / _alignment * _alignment;
}
