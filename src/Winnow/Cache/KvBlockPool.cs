using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The memory of a cache and all its forks: a few large slabs cut into blocks, and a list of the free ones. Thread-safe.</summary>
/// <remarks>
/// Slabs double up to <see cref="MaximumSlabBytes"/>, so that a short conversation takes little and a long one few
/// allocations. They are freed together, when the last cache is disposed.
/// </remarks>
internal sealed class KvBlockPool
{
    /// <summary>No slab is larger, unless a single block is: the most that is allocated ahead of need.</summary>
    public const long MaximumSlabBytes = 32 << 20;

    /// <summary>Blocks begin at multiples of it: a cache line, and enough for any device's storage buffers.</summary>
    private const int BlockAlignment = 256;

    private readonly Device _device;
    private readonly long _blockBytes;
    private readonly List<DeviceBuffer> _slabs = [];
    private readonly Stack<KvBlock> _free = new();
    private readonly Lock _lock = new();
    private int _blocks;
    private int _caches;

    /// <param name="device">Where the memory is.</param>
    /// <param name="blockBytes">Bytes of the pages of all layers.</param>
    public KvBlockPool(Device device, long blockBytes)
    {
        _device = device;
        _blockBytes = (blockBytes + BlockAlignment - 1) & -BlockAlignment;
    }

    /// <summary>Takes a free block, held once.</summary>
    /// <exception cref="WinnowException">The device has no memory left.</exception>
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
                _slabs.ForEach(slab => slab.Dispose());
                _slabs.Clear();
                _free.Clear();
            }
        }
    }

    private void AddSlab()
    {
        int count = (int)Math.Clamp(MaximumSlabBytes / _blockBytes, 1, Math.Max(1, _blocks));
        DeviceBuffer slab = _device.Allocate(count * _blockBytes);
        _slabs.Add(slab);
        _blocks += count;
        for (int i = count - 1; i >= 0; i--)
        {
            _free.Push(new KvBlock(slab, i * _blockBytes));
        }
    }
}
