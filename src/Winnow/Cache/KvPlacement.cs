namespace Winnow.Cache;

/// <summary>Where a cache keeps its rows.</summary>
/// <param name="Tier">The kind of memory.</param>
/// <param name="ResidentBytes">On disk: bytes that stay in memory from one use to the next.</param>
/// <param name="Directory">On disk: the folder of the scratch files; null for the system's temporary one.</param>
internal sealed record KvPlacement(KvTier Tier, long ResidentBytes, string? Directory = null)
{
    /// <summary>In the device's memory.</summary>
    public static KvPlacement Device { get; } = new(KvTier.Device, 0);
}
