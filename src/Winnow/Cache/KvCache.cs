using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>The keys and values of one conversation, of every layer, in pages of <see cref="KvLayout.PageTokens"/> tokens.</summary>
/// <remarks>
/// Used by one thread at a time; forks are caches of their own, and may be used by other threads while sharing pages with
/// this one. Rows are only ever added at the end, so that a full page never changes; a last page that is part full and
/// shared is copied before rows are added to it.
/// </remarks>
internal sealed class KvCache : IDisposable
{
    private readonly KvBlockPool _pool;
    private readonly KvLayer[] _layers;
    private readonly long _blockBytes;
    private readonly List<KvBlock> _blocks = [];
    private bool _disposed;

    /// <summary>Creates an empty cache.</summary>
    /// <param name="devices">Where the rows of each layer live.</param>
    /// <param name="layouts">One per layer.</param>
    /// <param name="placement">Which memory, or disk; null for the device's memory.</param>
    internal KvCache(LayerDevices devices, IReadOnlyList<KvLayout> layouts, KvPlacement? placement = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(layouts.Count, nameof(layouts));
        Devices = devices;
        Placement = placement ?? KvPlacement.Device;
        _layers = [.. layouts.Select(layout => new KvLayer(layout))];
        _blockBytes = layouts.Sum(layout => layout.PageBytes);
        _pool = new KvBlockPool(devices, layouts, Placement);
        _pool.Attach();
    }

    private KvCache(KvCache parent, int length)
    {
        Devices = parent.Devices;
        Placement = parent.Placement;
        _layers = Array.ConvertAll(parent._layers, layer => new KvLayer(layer.Layout));
        _blockBytes = parent._blockBytes;
        _pool = parent._pool;
        _pool.Attach();
        Length = length;
        for (int i = 0; i < BlocksFor(Length); i++)
        {
            parent._blocks[i].Hold();
            AddBlock(parent._blocks[i]);
        }
    }

    /// <summary>Tokens whose keys and values are stored.</summary>
    public int Length { get; private set; }

    /// <summary>Tokens that fit without another page.</summary>
    public int Capacity => _blocks.Count * KvLayout.PageTokens;

    /// <summary>Bytes of the pages that this cache holds, those that it shares with forks included.</summary>
    public long SizeBytes => _blocks.Count * _blockBytes;

    /// <summary>Bytes of a page of all layers.</summary>
    internal long PageBytes => _blockBytes;

    /// <summary>Bytes of the pages that this cache and all those hold that were forked from each other, shared ones counted once.</summary>
    internal long PoolBytes => _pool.UsedBytes;

    /// <summary>The pages, in order.</summary>
    internal IReadOnlyList<KvBlock> Blocks => _blocks;

    /// <summary>The part of these bytes that belongs to some of the layers.</summary>
    internal long SizeBytesOf(int firstLayer, int count)
    {
        long bytes = 0;
        foreach (KvLayer layer in Layers.Slice(firstLayer, count))
        {
            bytes += layer.Layout.PageBytes;
        }

        return _blocks.Count * bytes;
    }

    /// <summary>Bytes of keys and values that are in memory: all of them, unless they lie on disk.</summary>
    public long ResidentBytes => _pool.Residency?.MeasureResidentBytes() ?? SizeBytes;

    /// <summary>The part of the bytes that were visited which was in memory before; 1 where all of them are.</summary>
    public double HitRate => _pool.Residency?.HitRate ?? 1;

    /// <summary>How many layers there are.</summary>
    public int LayerCount => _layers.Length;

    internal LayerDevices Devices { get; }

    internal KvPlacement Placement { get; }

    internal ReadOnlySpan<KvLayer> Layers => _layers;

    internal IReadOnlyList<KvLayout> Layouts => Array.ConvertAll(_layers, layer => layer.Layout);

    /// <summary>Gives up the rows from <paramref name="length"/> on, and the pages that only they needed.</summary>
    /// <param name="length">What <see cref="Length"/> becomes; not more than it is.</param>
    public void Truncate(int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        Length = length;
        RemoveBlocksFrom(BlocksFor(length));
    }

    /// <summary>Creates a cache with the same rows. It shares this one's pages; what is added later to either stays its own.</summary>
    public KvCache Fork() => Fork(Length);

    /// <summary>Creates a cache with the first rows of this one. It shares their pages: the last is copied once either writes to it, wherever the cut lies.</summary>
    /// <param name="length">How many rows; not more than there are.</param>
    public KvCache Fork(int length)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        return new KvCache(this, length);
    }

    /// <summary>Returns the pages; the memory is freed together with the last fork.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Length = 0;
            RemoveBlocksFrom(0);
            _pool.Detach();
        }
    }

    /// <summary>The rows of a layer as kernels see them.</summary>
    internal KvLayer Layer(int index) => _layers[index];

    /// <summary>Makes room in every layer for rows [<see cref="Length"/>, <see cref="Length"/> + <paramref name="tokens"/>).</summary>
    /// <exception cref="WinnowException">The device has no memory left; the cache is unchanged but for unused pages.</exception>
    internal void Reserve(int tokens)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, int.MaxValue - KvLayout.PageTokens - Length);
        if (tokens == 0)
        {
            return;
        }

        int last = Length / KvLayout.PageTokens;
        if (last < _blocks.Count && _blocks[last].IsShared)
        {
            ReplaceByCopy(last);
        }

        int needed = BlocksFor(Length + tokens);
        while (_blocks.Count < needed)
        {
            AddBlock(_pool.Rent());
        }
    }

    /// <summary>Counts rows that a forward pass has appended to every layer, into room that <see cref="Reserve"/> made.</summary>
    internal void Advance(int tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Capacity - Length);
        int first = Length / KvLayout.PageTokens;
        Length += tokens;
        if (_pool.Residency is not null)
        {
            StartWriting(first, Length / KvLayout.PageTokens);
        }
    }

    /// <summary>Tells that a layer's rows are not needed any more before the next pass: a cache on disk lets go of those that it must not keep.</summary>
    /// <param name="layer">The layer.</param>
    internal void Leave(int layer) => _pool.Residency?.Leave(layer);

    private static int BlocksFor(int tokens) => (int)(((long)tokens + KvLayout.PageTokens - 1) / KvLayout.PageTokens);

    /// <summary>Has complete pages written to disk in the background.</summary>
    private void StartWriting(int first, int end)
    {
        for (int block = first; block < end; block++)
        {
            for (int i = 0; i < _layers.Length; i++)
            {
                KvPage page = _blocks[block].Page(i);
                _blocks[block].Slab.File!.StartWriting(page.OffsetBytes, _layers[i].Layout.PageBytes);
            }
        }
    }

    private void AddBlock(KvBlock block)
    {
        _blocks.Add(block);
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Whole.Add(block.Page(i));
        }
    }

    private void RemoveBlocksFrom(int index)
    {
        foreach (KvLayer layer in _layers)
        {
            layer.Whole.RemoveFrom(index);
        }

        for (int i = _blocks.Count - 1; i >= index; i--)
        {
            _pool.Return(_blocks[i]);
        }

        _blocks.RemoveRange(index, _blocks.Count - index);
    }

    private void ReplaceByCopy(int index)
    {
        KvBlock shared = _blocks[index];
        KvBlock copy = _pool.Rent();
        for (int i = 0; i < _layers.Length; i++)
        {
            KvPage source = shared.Page(i);
            KvPage target = copy.Page(i);
            Devices.Of(i).Copy(source.Buffer, source.OffsetBytes, target.Buffer, target.OffsetBytes, _layers[i].Layout.PageBytes);
            _layers[i].Whole.Replace(index, target);
        }

        _blocks[index] = copy;
        _pool.Return(shared);
    }
}
