using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The pages of all layers for <see cref="KvLayout.PageTokens"/> consecutive tokens, shared by forks through a count.</summary>
/// <param name="buffer">The slab that it lies in.</param>
/// <param name="offsetBytes">Where it begins in there.</param>
internal sealed class KvBlock(DeviceBuffer buffer, long offsetBytes)
{
    private int _holders;

    /// <summary>The slab that it lies in.</summary>
    public DeviceBuffer Buffer { get; } = buffer;

    /// <summary>Where it begins in there.</summary>
    public long OffsetBytes { get; } = offsetBytes;

    /// <summary>Whether another cache holds it too, so that its rows must not be changed.</summary>
    public bool IsShared => Volatile.Read(ref _holders) > 1;

    /// <summary>Counts one more cache.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>Counts one cache less; true where it was the last.</summary>
    public bool Release() => Interlocked.Decrement(ref _holders) == 0;
}
