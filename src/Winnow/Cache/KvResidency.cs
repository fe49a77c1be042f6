using Winnow.Compute;

namespace Winnow.Cache;

/// <summary>Keeps what a cache on disk has in memory below a limit, layer by layer. Thread-safe.</summary>
/// <remarks>
/// A step visits the layers in a circle, always in the same order. For such a pattern keeping what was used last would never
/// find anything: what is kept are the first layers, as many as fit, and a layer beyond them is let go of as soon as it has
/// been used. Memory is therefore bounded by the limit and one layer.
/// </remarks>
internal sealed class KvResidency(long limitBytes, int layers)
{
    private readonly List<Segment> _segments = [];
    private readonly Lock _lock = new();
    private long _residentBytes;
    private long _hitBytes;
    private long _missedBytes;
    private long _diskWaits;
    private bool _readsAhead;

    /// <summary>The part of visited bytes that were in memory before the visit; 1 before the first.</summary>
    public double HitRate
    {
        get
        {
            lock (_lock)
            {
                long visited = _hitBytes + _missedBytes;
                return visited == 0 ? 1 : (double)_hitBytes / visited;
            }
        }
    }

    /// <summary>Bytes in memory: measured where the system tells, otherwise what visits have left there.</summary>
    public long MeasureResidentBytes()
    {
        lock (_lock)
        {
            long sum = 0;
            foreach (KvSlab slab in _segments.Select(segment => segment.Slab).Distinct())
            {
                if (slab.File!.MeasureResidentBytes() is not { } bytes)
                {
                    return _residentBytes;
                }

                sum += bytes;
            }

            return sum;
        }
    }

    /// <summary>Begins to watch a slab.</summary>
    public void Add(KvSlab slab)
    {
        lock (_lock)
        {
            _segments.AddRange(Enumerable.Range(0, layers).Select(layer => new Segment(slab, layer)));
        }
    }

    /// <summary>Forgets all slabs.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _segments.Clear();
            _residentBytes = 0;
        }
    }

    /// <summary>Takes note that a layer has been read or written, and lets go of what is too much.</summary>
    public void Leave(int layer)
    {
        lock (_lock)
        {
            foreach (Segment segment in _segments)
            {
                if (segment.Layer == layer)
                {
                    Visit(segment);
                }
            }

            for (int i = _segments.Count - 1; i >= 0 && _residentBytes > limitBytes; i--)
            {
                if (_segments[i].Layer == layer && _segments[i].IsResident)
                {
                    Release(_segments[i]);
                }
            }

            Prefetch((layer + 1) % layers);
        }
    }

    /// <summary>Has the next layer's rows read ahead, if the last step had to wait for the disk.</summary>
    /// <remarks>Where everything is in the system's page cache, asking for it would take longer than reading it.</remarks>
    private void Prefetch(int layer)
    {
        if (layer == 0)
        {
            long waits = ScratchFile.CountDiskWaits();
            _readsAhead = waits > _diskWaits;
            _diskWaits = waits;
        }

        foreach (Segment segment in _readsAhead ? _segments : [])
        {
            if (segment.Layer == layer && !segment.IsResident)
            {
                (long offset, long length) = segment.Slab.Layer(layer);
                segment.Slab.File!.Prefetch(offset, length);
            }
        }
    }

    private void Visit(Segment segment)
    {
        long bytes = segment.Slab.Layer(segment.Layer).Length;
        if (segment.IsResident)
        {
            _hitBytes += bytes;
        }
        else
        {
            _missedBytes += bytes;
            _residentBytes += bytes;
            segment.IsResident = true;
        }
    }

    private void Release(Segment segment)
    {
        (long offset, long length) = segment.Slab.Layer(segment.Layer);
        segment.Slab.File!.Release(offset, length);
        segment.IsResident = false;
        _residentBytes -= length;
    }

    /// <summary>One layer in one slab.</summary>
    private sealed class Segment(KvSlab slab, int layer)
    {
        public KvSlab Slab { get; } = slab;

        public int Layer { get; } = layer;

        public bool IsResident { get; set; }
    }
}
