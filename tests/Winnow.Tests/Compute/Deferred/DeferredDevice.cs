using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>
/// A device as late as a device may be: it writes down every operation with its arguments and does nothing until somebody asks for a
/// value. Then another device does it all, in order.
/// </summary>
/// <param name="inner">Does the work; disposed with this one.</param>
/// <param name="selects">Whether it chooses rows by itself; otherwise the host does, as for any device.</param>
internal sealed class DeferredDevice(Device inner, bool selects = true) : Device
{
    private readonly Queue<Action> _asked = [];

    public override string Name => DeviceName;

    /// <summary>What it is called.</summary>
    public string DeviceName { get; init; } = "deferred";

    /// <summary>What it claims to have free.</summary>
    public long? FreeBytes { get; init; }

    public override long? FreeMemoryBytes => FreeBytes;

    public override string Description => $"{inner.Description}, as late as can be";

    /// <summary>How often somebody waited for a value.</summary>
    public int Waits { get; private set; }

    public override bool HasRecurrences => inner.HasRecurrences;

    internal override DeviceBuffer Allocate(long sizeBytes) => new DeferredBuffer(this, inner.Allocate(sizeBytes));

    internal override DeviceBuffer AllocateInRam(long sizeBytes) => new DeferredBuffer(this, inner.AllocateInRam(sizeBytes));

    internal override Weight LoadWeight(string name, TensorType type, int outputs, int inputs, nint data) =>
        new DeferredWeight(inner.LoadWeight(name, type, outputs, inputs, data));

    internal override ComputeStream CreateStream() => new DeferredStream(this, inner.CreateStream());

    internal override DeviceBuffer Map(ScratchFile file) => new DeferredBuffer(this, inner.Map(file));

    internal override RowSelector CreateSelector() =>
        selects ? new DeferredSelector(this, inner.CreateSelector()) : base.CreateSelector();

    /// <summary>Puts an operation off.</summary>
    public void Ask(Action operation) => _asked.Enqueue(operation);

    /// <summary>Does all that was put off, because somebody waits.</summary>
    public void Wait()
    {
        Waits++;
        DoAll();
    }

    internal override void CopyCore(DeviceBuffer source, long sourceOffset, DeviceBuffer target, long targetOffset, long bytes)
    {
        (DeviceBuffer from, DeviceBuffer to) = (DeferredBuffer.Of(source), DeferredBuffer.Of(target));
        Ask(() => inner.Copy(from, sourceOffset, to, targetOffset, bytes));
    }

    protected override void Dispose(bool disposing)
    {
        DoAll();
        inner.Dispose();
    }

    private void DoAll()
    {
        while (_asked.TryDequeue(out Action? operation))
        {
            operation();
        }
    }
}
