namespace Winnow.Compute;

/// <summary>A block of memory on a device, owned by whoever allocated it.</summary>
public abstract class DeviceBuffer : IDisposable
{
    /// <summary>Describes a block.</summary>
    protected DeviceBuffer(long sizeBytes)
    {
        SizeBytes = sizeBytes;
    }

    /// <summary>The bytes that it holds.</summary>
    public long SizeBytes { get; }

    /// <summary>Frees the memory at once.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory.</summary>
    protected abstract void Dispose(bool disposing);
}
