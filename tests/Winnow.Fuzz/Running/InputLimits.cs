namespace Winnow.Fuzz.Running;

/// <summary>What one input may cost.</summary>
/// <param name="Time">Of a processor, until it is done: a machine that is busy with other work makes no input worse.</param>
/// <param name="MemoryBytes">Managed memory that it allocates, and separately what the process grows by meanwhile.</param>
internal sealed record InputLimits(TimeSpan Time, long MemoryBytes)
{
    /// <summary>What passes by the clock where an input waits instead of computing, in times of <see cref="Time"/>.</summary>
    private const int WaitFactor = 12;

    /// <summary>Until it is done, by the clock.</summary>
    public TimeSpan WaitTime => WaitFactor * Time;

    /// <summary>Five seconds, 1 GiB.</summary>
    public static InputLimits Default { get; } = new(TimeSpan.FromSeconds(5), 1L << 30);
}
