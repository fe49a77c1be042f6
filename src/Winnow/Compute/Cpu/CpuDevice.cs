using Winnow.Tensors;

namespace Winnow.Compute.Cpu;

/// <summary>The processor: SIMD kernels over host memory, spread over a pool of threads.</summary>
internal sealed unsafe class CpuDevice : Device
{
    /// <summary>Starts the device's threads.</summary>
    /// <exception cref="NotSupportedException">The processor lacks the instruction set asked for.</exception>
    public CpuDevice(CpuDeviceOptions? options = null)
    {
        options ??= new CpuDeviceOptions();
        Isa = options.Isa ?? CpuIsaSupport.Best;
        if (!CpuIsaSupport.IsSupported(Isa))
        {
            throw new NotSupportedException($"this processor does not offer {Isa}; the widest it has is {CpuIsaSupport.Best}");
        }

        Pool = new WorkerPool(options.Threads == 0 ? PhysicalCores.Count : options.Threads);
    }

    /// <inheritdoc/>
    public override string Name => "cpu";

    /// <inheritdoc/>
    public override string Description => $"CPU, {Isa}, {Pool.Threads} threads";

    /// <summary>The instruction set of the kernels.</summary>
    public CpuIsa Isa { get; }

    /// <summary>Threads that compute, the caller's included.</summary>
    public override int Threads => Pool.Threads;

    /// <inheritdoc/>
    public override bool HasRecurrences => true;

    internal WorkerPool Pool { get; }

    /// <summary>Told what weights are multiplied with, on the thread that computes; null for nobody.</summary>
    internal ProductObserver? ProductObserver { get; set; }

    /// <inheritdoc/>
    internal override DeviceBuffer Allocate(long sizeBytes) => new CpuBuffer(sizeBytes);

    /// <inheritdoc/>
    internal override DeviceBuffer AllocateInRam(long sizeBytes) => Allocate(sizeBytes);

    /// <inheritdoc/>
    internal override DeviceBuffer Map(ScratchFile file) => new CpuBuffer(file);

    /// <inheritdoc/>
    internal override Weight LoadWeight(string name, TensorType type, int outputs, int inputs, nint data) =>
        new CpuWeight(name, type, outputs, inputs, (byte*)data, Isa);

    /// <inheritdoc/>
    internal override ComputeStream CreateStream() => new CpuStream(this);

    /// <inheritdoc/>
    internal override void CopyCore(DeviceBuffer source, long sourceOffset, DeviceBuffer target, long targetOffset, long bytes) =>
        CpuBuffer.Copy((CpuBuffer)source, sourceOffset, (CpuBuffer)target, targetOffset, bytes);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => Pool.Dispose();
}
