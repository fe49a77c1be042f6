using static Winnow.Limits;

namespace Winnow.Compute.Cpu;

/// <summary>How the CPU device runs.</summary>
internal sealed record CpuDeviceOptions
{
    /// <summary>Threads that compute, the caller's included; 0 for one per physical core on Linux, per logical one elsewhere.</summary>
    public int Threads { get; init => field = Within(value, 0, 4096); }

    /// <summary>The instruction set of the kernels; null for the widest that the processor offers.</summary>
    public CpuIsa? Isa { get; init; }
}
