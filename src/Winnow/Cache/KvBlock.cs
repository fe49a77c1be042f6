using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The pages of all layers for <see cref="KvLayout.PageTokens"/> consecutive tokens, shared by forks through a count.</summary>
/// <param name="slab">The memory that it lies in.</param>
/// <param name="index">Which block of the slab it is.</param>
internal sealed class KvBlock(KvSlab slab, int index)
{
    private int _holders;

    /// <summary>The memory that it lies in.</summary>
    public KvSlab Slab { get; } = slab;

    /// <summary>Whether another cache holds it too, so that its rows must not be changed.</summary>
    public bool IsShared => Volatile.Read(ref _holders) > 1;

    /// <summary>Where the page of a layer lies.</summary>
    public KvPage Page(int layer) => Slab.Page(layer, index);

    /// <summary>Counts one more cache.</summary>
    public void Hold() => Interlocked.Increment(ref _holders);

    /// <summary>Counts one cache less; true where it was the last.</summary>
    public bool Release() => Interlocked.Decrement(ref _holders) == 0;
}
