namespace Winnow.Fuzz.Running;

/// <summary>What one input may cost.</summary>
/// <param name="Time">Until it is done.</param>
/// <param name="MemoryBytes">Managed memory that it allocates, and separately what the process grows by meanwhile.</param>
internal sealed record InputLimits(TimeSpan Time, long MemoryBytes)
{
    /// <summary>Five seconds, 1 GiB.</summary>
    public static InputLimits Default { get; } = new(TimeSpan.FromSeconds(5), 1L << 30);
}
