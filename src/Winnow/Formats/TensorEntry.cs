using Winnow.Tensors;

namespace Winnow.Formats;

/// <summary>A named tensor inside a mapped model file: where its bytes are and how to read them.</summary>
/// <remarks>Valid until the <see cref="ITensorFile"/> that it came from is disposed.</remarks>
internal sealed unsafe class TensorEntry
{
    private readonly byte* _data;
    private readonly MappedFile? _file;

    /// <summary>Names bytes that stay where they are as long as the entry is used.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="type">How its elements are stored.</param>
    /// <param name="shape">Extents, slowest first; the product was checked against the bytes behind <paramref name="data"/>.</param>
    /// <param name="data">The first byte.</param>
    /// <param name="file">The mapping that the bytes lie in, if it is one: its disposal ends the entry's use.</param>
    internal TensorEntry(string name, TensorType type, long[] shape, byte* data, MappedFile? file = null)
    {
        Name = name;
        Type = type;
        Shape = shape;
        _data = data;
        _file = file;
        ElementCount = 1;
        foreach (long extent in shape)
        {
            ElementCount = checked(ElementCount * extent);
        }

        SizeBytes = type.SizeBytes(ElementCount);
    }

    /// <summary>The tensor's name in the file.</summary>
    public string Name { get; }

    /// <summary>How its elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Extents, slowest first (row-major): a weight matrix is [outputs, inputs], whatever the file's own order.</summary>
    public IReadOnlyList<long> Shape { get; }

    /// <summary>The product of the extents.</summary>
    public long ElementCount { get; }

    /// <summary>The bytes that the tensor takes.</summary>
    public long SizeBytes { get; }

    /// <summary>The first byte of the mapped tensor; <see cref="SizeBytes"/> bytes follow.</summary>
    /// <remarks>GGUF aligns it to 8 bytes at least, mostly 32; safetensors promise nothing.</remarks>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    internal byte* Data
    {
        get
        {
            ObjectDisposedException.ThrowIf(_file is { IsDisposed: true }, typeof(ITensorFile));
            return _data;
        }
    }

    /// <summary>Tells that its bytes were copied, and need not stay in memory.</summary>
    internal void LetGo() => _file?.LetGo(_data, SizeBytes);

    /// <summary>The file that the tensor lies in, for errors.</summary>
    internal string FilePath => _file?.Path ?? "memory";

    /// <summary>A part of the tensor's bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, SizeBytes - length);
        return new ReadOnlySpan<byte>(Data + offset, length);
    }
}
