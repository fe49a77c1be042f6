namespace Winnow.Compute;

/// <summary>A block of memory on a device, owned by whoever allocated it.</summary>
internal abstract class DeviceBuffer : IDisposable
{
    /// <summary>Describes a block.</summary>
    protected DeviceBuffer(long sizeBytes)
    {
        SizeBytes = sizeBytes;
    }

    /// <summary>The bytes that it holds.</summary>
    public long SizeBytes { get; }

    /// <summary>Copies bytes to host memory, after the operations of all streams that were asked to write them.</summary>
    /// <param name="offsetBytes">The first byte.</param>
    /// <param name="target">As many bytes as to copy.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie inside the buffer.</exception>
    public void Read(long offsetBytes, Span<byte> target)
    {
        CheckRange(offsetBytes, target.Length);
        ReadCore(offsetBytes, target);
    }

    /// <summary>Copies bytes from host memory, before any operation that a stream is asked for afterwards.</summary>
    /// <param name="offsetBytes">Where the first byte goes.</param>
    /// <param name="source">The bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not fit into the buffer.</exception>
    public void Write(long offsetBytes, ReadOnlySpan<byte> source)
    {
        CheckRange(offsetBytes, source.Length);
        WriteCore(offsetBytes, source);
    }

    /// <summary>
    /// Frees the memory: at once, or where the device is late, after the operations that were asked for before. The buffer must not be
    /// used any more.
    /// </summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Refuses bytes that are not there.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bytes do not lie inside the buffer.</exception>
    internal void CheckRange(long offsetBytes, long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offsetBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offsetBytes, SizeBytes - count);
    }

    /// <summary>Implements <see cref="Read"/>.</summary>
    protected abstract void ReadCore(long offsetBytes, Span<byte> target);

    /// <summary>Implements <see cref="Write"/>.</summary>
    protected abstract void WriteCore(long offsetBytes, ReadOnlySpan<byte> source);

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
