namespace Winnow.Formats;

/// <summary>A named tensor inside a mapped model file: where its bytes are and how to read them.</summary>
/// <remarks>Valid until the <see cref="ITensorFile"/> that it came from is disposed.</remarks>
public sealed unsafe class TensorEntry
{
    internal TensorEntry(string name, TensorType type, long[] shape, byte* data)
    {
        Name = name;
        Type = type;
        Shape = shape;
        Data = data;
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
    internal byte* Data { get; }

    /// <summary>A part of the tensor's bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the tensor.</exception>
    public ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, SizeBytes - length);
        return new ReadOnlySpan<byte>(Data + offset, length);
    }
}
