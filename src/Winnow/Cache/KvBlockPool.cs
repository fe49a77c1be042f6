using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The memory of a cache and all its forks: a few large slabs cut into blocks, and a list of the free ones. Thread-safe.</summary>
/// <remarks>
/// Slabs double up to a largest size, so that a short conversation takes little and a long one few allocations. They are freed
/// together, when the last cache is disposed.
/// </remarks>
internal sealed class KvBlockPool
{
    /// <summary>No slab in memory is larger, unless a single block is: the most that is allocated ahead of need.</summary>
    public const long MaximumSlabBytes = 32 << 20;

    /// <summary>The same on disk, where a slab is a file.</summary>
    public const long MaximumFileBytes = 256 << 20;

    private readonly Device _device;
    private readonly KvPlacement _placement;
    private readonly long[] _pageBytes;
    private readonly long _blockBytes;
    private readonly List<KvSlab> _slabs = [];
    private readonly Stack<KvBlock> _free = new();
    private readonly Lock _lock = new();
    private int _blocks;
    private int _caches;

    /// <param name="device">Where the memory is.</param>
    /// <param name="layouts">One per layer.</param>
    /// <param name="placement">Which memory, or disk.</param>
    public KvBlockPool(Device device, IEnumerable<KvLayout> layouts, KvPlacement placement)
    {
        _device = device;
        _placement = placement;
        _pageBytes = [.. layouts.Select(layout => layout.PageBytes)];
        _blockBytes = _pageBytes.Sum();
        Residency = placement.Tier == KvTier.Disk ? new KvResidency(placement.ResidentBytes, _pageBytes.Length) : null;
    }

    /// <summary>What of the slabs stays in memory; null where all of it does.</summary>
    public KvResidency? Residency { get; }

    /// <summary>Takes a free block, held once.</summary>
    /// <exception cref="WinnowException">The device has no memory left, or the disk no room.</exception>
    public KvBlock Rent()
    {
        lock (_lock)
        {
            if (_free.Count == 0)
            {
                AddSlab();
            }

            KvBlock block = _free.Pop();
            block.Hold();
            return block;
        }
    }

    /// <summary>Ends one cache's hold on a block, which is free when no other holds it.</summary>
    public void Return(KvBlock block)
    {
        if (block.Release())
        {
            lock (_lock)
            {
                _free.Push(block);
            }
        }
    }

    /// <summary>Counts one more cache that uses the pool.</summary>
    public void Attach() => Interlocked.Increment(ref _caches);

    /// <summary>Counts one cache less, after it returned its blocks; frees the memory with the last.</summary>
    public void Detach()
    {
        if (Interlocked.Decrement(ref _caches) == 0)
        {
            lock (_lock)
            {
                Residency?.Clear();
                _slabs.ForEach(slab => slab.Dispose());
                _slabs.Clear();
                _free.Clear();
            }
        }
    }

    private void AddSlab()
    {
        long maximum = _placement.Tier == KvTier.Disk ? MaximumFileBytes : MaximumSlabBytes;
        int count = (int)Math.Clamp(maximum / _blockBytes, 1, Math.Max(1, _blocks));
        KvSlab slab = Allocate(count);
        _slabs.Add(slab);
        Residency?.Add(slab);
        _blocks += count;
        for (int i = count - 1; i >= 0; i--)
        {
            _free.Push(new KvBlock(slab, i));
        }
    }

    private KvSlab Allocate(int count)
    {
        if (_placement.Tier != KvTier.Disk)
        {
            long bytes = count * _blockBytes;
            return new KvSlab(_placement.Tier == KvTier.Ram ? _device.AllocateInRam(bytes) : _device.Allocate(bytes), null, _pageBytes, count);
        }

        ScratchFile file = new(_placement.Directory ?? Path.GetTempPath(), (count * _blockBytes) + ScratchFile.TailBytes);
        try
        {
            return new KvSlab(_device.Map(file), file, _pageBytes, count);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
