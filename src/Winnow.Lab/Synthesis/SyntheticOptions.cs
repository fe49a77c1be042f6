using static Winnow.Limits;

namespace Winnow.Lab.Synthesis;

/// <summary>How <see cref="SyntheticModel"/> works.</summary>
public sealed record SyntheticOptions
{
    /// <summary>Chooses the weights: the same seed gives the same file, whatever the number of threads.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>How many threads work; 0 for one a processor.</summary>
    public int Threads { get; init => field = Within(value, 0, 4096); }
}
