using Winnow.Compute.Cpu;

namespace Winnow.Generation;

/// <summary>How an engine is loaded.</summary>
public sealed record EngineOptions
{
    /// <summary>Threads that compute; 0 for one per core.</summary>
    public int Threads { get; init; }

    /// <summary>The instruction set of the CPU kernels; null for the widest that the processor offers.</summary>
    public CpuIsa? Isa { get; init; }
}
