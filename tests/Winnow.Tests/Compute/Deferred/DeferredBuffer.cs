using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>Memory whose writes are put off, and whose end is too: operations that were asked for before still need it.</summary>
internal sealed class DeferredBuffer(DeferredDevice device, DeviceBuffer inner) : DeviceBuffer(inner.SizeBytes)
{
    private bool _disposed;

    /// <summary>The same values where they are computed.</summary>
    public static Matrix Of(Matrix matrix) => matrix with { Buffer = Of(matrix.Buffer) };

    /// <summary>The same values where they are computed.</summary>
    public static Matrix? Of(Matrix? matrix) => matrix is { } some ? Of(some) : null;

    /// <summary>The pages as they are now: the cache may replace them before they are read.</summary>
    public static KvLayer Of(KvLayer layer)
    {
        List<KvGroup> groups = [];
        foreach (KvGroup group in layer.Groups)
        {
            KvGroup copy = new(group.FirstHead, group.Layout);
            if (group.IsMapped)
            {
                copy.Map(group.Positions);
            }

            foreach (KvPage page in group.Pages)
            {
                copy.Add(new KvPage(Of(page.Buffer), page.OffsetBytes));
            }

            groups.Add(copy);
        }

        return new KvLayer(layer.Layout, [.. groups]);
    }

    /// <summary>The memory of the device that does the work.</summary>
    public static DeviceBuffer Of(DeviceBuffer buffer)
    {
        DeferredBuffer deferred = (DeferredBuffer)buffer;
        ObjectDisposedException.ThrowIf(deferred._disposed, deferred);
        return deferred.Inner;
    }

    protected override void ReadCore(long offsetBytes, Span<byte> target)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        device.Wait();
        inner.Read(offsetBytes, target);
    }

    protected override void WriteCore(long offsetBytes, ReadOnlySpan<byte> source)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[] bytes = source.ToArray();
        device.Ask(() => inner.Write(offsetBytes, bytes));
    }

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            device.Ask(inner.Dispose);
        }
    }

    private DeviceBuffer Inner => inner;
}
