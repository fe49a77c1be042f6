using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>Writes a safetensors file whose tensors need never be in memory together.</summary>
/// <remarks>
/// Declare every tensor, then write the bytes of each in pieces, then call <see cref="Complete"/>: until then, nothing
/// appears or changes under the file's name, and a writer that is disposed earlier leaves nothing behind. In the file, tensors
/// of wider elements come first, so that every tensor is aligned to its elements.
/// </remarks>
internal sealed class SafetensorsWriter : IDisposable
{
    private const int PrefixBytes = sizeof(ulong);

    private readonly string _path;
    private readonly IReadOnlyDictionary<string, string> _metadata;
    private readonly List<TensorRegion> _regions = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly FileLock? _held;
    private TensorBodyWriter? _body;

    /// <summary>Prepares a file; the disk is not touched before the first bytes are written.</summary>
    /// <param name="path">The target; an existing file is replaced at the end.</param>
    /// <param name="metadata">Texts for <c>__metadata__</c>, if any.</param>
    public SafetensorsWriter(string path, IReadOnlyDictionary<string, string>? metadata = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _path = path;
        _metadata = metadata ?? new Dictionary<string, string>();
    }

    /// <summary>Prepares a file that the caller has the right to write.</summary>
    internal SafetensorsWriter(string path, IReadOnlyDictionary<string, string> metadata, FileLock? held)
        : this(path, metadata)
    {
        _held = held;
    }

    /// <summary>Announces a tensor.</summary>
    /// <param name="name">Its name: unique.</param>
    /// <param name="type">A plain type: safetensors has no quantized ones.</param>
    /// <param name="shape">Extents, slowest first, none negative; none at all is one element.</param>
    /// <exception cref="ArgumentException">The name, type or shape is not possible in a safetensors file.</exception>
    /// <exception cref="InvalidOperationException">Bytes were written already.</exception>
    public void Declare(string name, TensorType type, params ReadOnlySpan<long> shape)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (_body is not null)
        {
            throw new InvalidOperationException($"tensor '{name}' was declared after the first bytes were written");
        }

        if (!type.IsSupported() || type.BlockLength() != 1)
        {
            throw new ArgumentException($"tensor '{name}' is {type}, which safetensors does not have", nameof(type));
        }

        if (shape.Length > SafetensorsHeader.MaxDimensions || shape.ContainsAnyInRange(long.MinValue, -1) ||
            TensorRegion.Size(type, shape) is not long size)
        {
            throw new ArgumentException($"tensor '{name}' cannot have the shape {TensorRegion.Describe(shape)}", nameof(shape));
        }

        if (name == SafetensorsHeader.MetadataKey || !_names.Add(name))
        {
            throw new ArgumentException($"the name '{name}' is taken", nameof(name));
        }

        _regions.Add(new TensorRegion(name, type, shape.ToArray(), Offset: 0, size));
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
            TensorRegion[] placed = Place(out long dataLength);
            byte[] header = Header(placed);
            _body = new TensorBodyWriter(_path, header, header.Length, dataLength, placed, _held);
        }

        return _body;
    }

    private TensorRegion[] Place(out long dataLength)
    {
        dataLength = 0;
        TensorRegion[] placed = [.. _regions.OrderByDescending(region => region.Type.BlockBytes())];
        for (int i = 0; i < placed.Length; i++)
        {
            placed[i] = placed[i] with { Offset = dataLength };
            dataLength = checked(dataLength + placed[i].SizeBytes);
        }

        return placed;
    }

    private byte[] Header(TensorRegion[] placed)
    {
        ArrayBufferWriter<byte> json = new();
        using (Utf8JsonWriter writer = new(json))
        {
            writer.WriteStartObject();
            WriteMetadata(writer);
            foreach (TensorRegion region in placed)
            {
                WriteRegion(writer, region);
            }

            writer.WriteEndObject();
        }

        // Spaces behind the text bring the data to a multiple of eight.
        int length = (json.WrittenCount + 7) / 8 * 8;
        if (length > SafetensorsHeader.MaxBytes)
        {
            throw new InvalidOperationException($"the header takes {length:N0} bytes, but the format allows {SafetensorsHeader.MaxBytes:N0}");
        }

        byte[] header = new byte[PrefixBytes + length];
        header.AsSpan().Fill((byte)' ');
        BinaryPrimitives.WriteInt64LittleEndian(header, length);
        json.WrittenSpan.CopyTo(header.AsSpan(PrefixBytes));
        return header;
    }

    private void WriteMetadata(Utf8JsonWriter writer)
    {
        if (_metadata.Count == 0)
        {
            return;
        }

        writer.WriteStartObject(SafetensorsHeader.MetadataKey);
        foreach ((string key, string value) in _metadata)
        {
            writer.WriteString(key, value);
        }

        writer.WriteEndObject();
    }

    private static void WriteRegion(Utf8JsonWriter writer, TensorRegion region)
    {
        writer.WriteStartObject(region.Name);
        writer.WriteString("dtype", region.Type.ToString());
        writer.WriteStartArray("shape");
        foreach (long extent in region.Shape)
        {
            writer.WriteNumberValue(extent);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(region.Offset);
        writer.WriteNumberValue(region.Offset + region.SizeBytes);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
