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

    private readonly LayerDevices _devices;
    private readonly KvPlacement _placement;
    private readonly long[] _pageBytes;
    private readonly long _blockBytes;
    private readonly List<KvSlab> _slabs = [];
    private readonly Stack<KvBlock> _free = new();
    private readonly Lock _lock = new();
    private int _blocks;
    private int _caches;

    /// <param name="devices">Where the memory of each layer is.</param>
    /// <param name="layouts">One per layer.</param>
    /// <param name="placement">Which memory, or disk.</param>
    public KvBlockPool(LayerDevices devices, IEnumerable<KvLayout> layouts, KvPlacement placement)
    {
        _devices = devices;
        _placement = placement;
        _pageBytes = [.. layouts.Select(layout => layout.PageBytes)];
        _blockBytes = _pageBytes.Sum();
        Residency = placement.Tier == KvTier.Disk ? new KvResidency(placement.ResidentBytes, _pageBytes.Length) : null;
    }

    /// <summary>What of the slabs stays in memory; null where all of it does.</summary>
    public KvResidency? Residency { get; }

    /// <summary>Bytes of the blocks that are not free.</summary>
    public long UsedBytes
    {
        get
        {
            lock (_lock)
            {
                return (_blocks - _free.Count) * _blockBytes;
            }
        }
    }

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
                _blocks = 0;
            }
        }
    }

    private void AddSlab()
    {
        long maximum = _placement.Tier == KvTier.Disk ? MaximumFileBytes : MaximumSlabBytes;
        int count = (int)Math.Clamp(maximum / Math.Max(_blockBytes, 1), 1, Math.Max(1, _blocks));
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
        if (_placement.Tier == KvTier.Disk)
        {
            return AllocateOnDisk(count);
        }

        int[] bufferOfLayer = [.. Enumerable.Range(0, _pageBytes.Length).Select(_devices.IndexOf)];
        long[] bytes = new long[_devices.All.Count];
        for (int layer = 0; layer < bufferOfLayer.Length; layer++)
        {
            bytes[bufferOfLayer[layer]] += count * _pageBytes[layer];
        }

        DeviceBuffer?[] buffers = new DeviceBuffer?[bytes.Length];
        try
        {
            for (int i = 0; i < buffers.Length; i++)
            {
                Device device = _devices.All[i];
                long size = Math.Max(bytes[i], 1);
                buffers[i] = _placement.Tier == KvTier.Ram ? device.AllocateInRam(size) : device.Allocate(size);
            }
        }
        catch
        {
            Array.ForEach(buffers, buffer => buffer?.Dispose());
            throw;
        }

        return new KvSlab(buffers!, bufferOfLayer, null, _pageBytes, count);
    }

    private KvSlab AllocateOnDisk(int count)
    {
        if (_devices.All.Count > 1)
        {
            throw new NotSupportedException("keys and values lie on disk only where one device computes all layers");
        }

        ScratchFile file = new(_placement.Directory ?? Path.GetTempPath(), (count * _blockBytes) + ScratchFile.TailBytes);
        try
        {
            return new KvSlab([_devices.First.Map(file)], new int[_pageBytes.Length], file, _pageBytes, count);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
