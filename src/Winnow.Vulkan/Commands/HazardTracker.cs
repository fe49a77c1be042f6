using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan.Commands;

/// <summary>Which bytes were read and written since the last barrier, and so whether the next command needs one.</summary>
/// <param name="waitsAlways">Whether each command gets one.</param>
internal sealed class HazardTracker(bool waitsAlways)
{
    // More ranges than this seldom stay without a barrier; a scan must stay short.
    private const int Capacity = 48;

    private readonly MemoryRange[] _reads = new MemoryRange[Capacity];
    private readonly MemoryRange[] _writes = new MemoryRange[Capacity];
    private int _readCount;
    private int _writeCount;
    private bool _isSettling;

    /// <summary>Notes what a command reads and writes.</summary>
    /// <returns>Whether it must wait for those before it: it reads or writes what one of them writes, or writes what one of them reads.</returns>
    public bool Note(ReadOnlySpan<MemoryRange> reads, ReadOnlySpan<MemoryRange> writes)
    {
        bool waits = waitsAlways || _isSettling
            || _readCount + reads.Length > Capacity || _writeCount + writes.Length > Capacity
            || Meets(reads, _writes.AsSpan(0, _writeCount))
            || Meets(writes, _writes.AsSpan(0, _writeCount))
            || Meets(writes, _reads.AsSpan(0, _readCount));
        _isSettling = false;
        if (waits)
        {
            _readCount = 0;
            _writeCount = 0;
        }

        foreach (MemoryRange range in reads)
        {
            _reads[_readCount++] = range;
        }

        foreach (MemoryRange range in writes)
        {
            _writes[_writeCount++] = range;
        }

        return waits;
    }

    /// <summary>Lets the next command wait for all before it, whatever it touches.</summary>
    public void Settle() => _isSettling = true;

    private static bool Meets(ReadOnlySpan<MemoryRange> ranges, ReadOnlySpan<MemoryRange> others)
    {
        foreach (MemoryRange range in ranges)
        {
            foreach (MemoryRange other in others)
            {
                if (range.Overlaps(other))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
