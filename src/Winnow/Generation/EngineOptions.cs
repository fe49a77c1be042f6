using Winnow.Compute;
using Winnow.Compute.Cpu;
using static Winnow.Limits;

namespace Winnow.Generation;

/// <summary>How an engine is loaded.</summary>
public sealed record EngineOptions
{
    /// <summary>
    /// What computes, by a name that <see cref="Devices"/> knows: <c>cpu</c>, or what a package for GPUs adds, such as <c>vulkan:0</c>.
    /// Several devices of a kind, such as <c>vulkan:0,1</c>, share the layers in proportion to their free memory.
    /// </summary>
    public string Device { get; init => field = NotNull(value); } = "cpu";

    /// <summary>How many layers <see cref="Device"/> computes, the last ones; the processor computes the others. Default all.</summary>
    public GpuLayers GpuLayers { get; init; }

    /// <summary>
    /// What sessions will be like: <see cref="GpuLayers.Auto"/> leaves room for the keys and values of one, and a model that does not fit
    /// with them is refused. Null for the model's own context, which only <see cref="GpuLayers.Auto"/> leaves room for.
    /// </summary>
    public SessionOptions? ExpectedSession { get; init; }

    /// <summary>Threads that compute, the caller's included; 0 for one per physical core on Linux, per logical one elsewhere.</summary>
    public int Threads { get; init => field = Within(value, 0, 4096); }

    /// <summary>The instruction set of the CPU kernels; null for the widest that the processor offers.</summary>
    public CpuIsa? Isa { get; init; }

    /// <summary>
    /// Whether weights stay in the mapped file. Without it they are read into memory of the process's own: loading takes as long as
    /// reading the file, processes share nothing, and nothing that happens to the file later can harm. Default true.
    /// </summary>
    public bool MapsWeights { get; init; } = true;

    /// <summary>The calibration file (<c>winnow calibrate</c>); null for the one beside the model, where there is one that fits.</summary>
    public string? CalibrationPath { get; init; }
}
