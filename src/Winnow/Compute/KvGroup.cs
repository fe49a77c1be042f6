using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Compute;

/// <summary>Neighbouring KV heads of a layer that keep the same rows: their pages, and which positions the rows stand for.</summary>
/// <remarks>
/// Normally a layer is one group and row r is the token at position r. Where a method evicts rows, or gives heads different roles,
/// the rows of a group are fewer than the positions, and a map names the position of each.
/// </remarks>
internal sealed class KvGroup
{
    private KvPage[] _pages = [];
    private int _pageCount;
    private int[] _positions = [];
    private int _rowCount;

    /// <summary>Creates a group without pages.</summary>
    /// <param name="firstHead">Its first KV head.</param>
    /// <param name="layout">Where rows of its heads, and of no others, lie inside a page.</param>
    public KvGroup(int firstHead, KvLayout layout)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstHead);
        FirstHead = firstHead;
        Layout = layout;
    }

    /// <summary>The first KV head of the layer that belongs to the group.</summary>
    public int FirstHead { get; }

    /// <summary>Where rows lie inside a page; its KV heads are those of the group.</summary>
    public KvLayout Layout { get; }

    /// <summary>The pages, in the order of their rows.</summary>
    public ReadOnlySpan<KvPage> Pages => _pages.AsSpan(0, _pageCount);

    /// <summary>Rows that the pages can hold.</summary>
    public int Capacity => _pageCount * KvLayout.PageTokens;

    /// <summary>Whether <see cref="Positions"/> says where rows stand; otherwise row r stands at position r.</summary>
    public bool IsMapped { get; private set; }

    /// <summary>The position of each row, ascending; empty for a group without a map.</summary>
    public ReadOnlySpan<int> Positions => _positions.AsSpan(0, _rowCount);

    /// <summary>Raised by each change of pages, so that a device can keep a table of them.</summary>
    public int Version { get; private set; }

    /// <summary>The address of the first row's position, which stays valid until the map grows.</summary>
    internal unsafe int* PositionsPointer => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_positions));

    /// <summary>The row of a position, or where it would be.</summary>
    public int RowOf(int position)
    {
        int row = IsMapped ? Positions.BinarySearch(position) : position;
        return row < 0 ? ~row : row;
    }

    /// <summary>Replaces the map.</summary>
    /// <param name="positions">The position of each row.</param>
    /// <exception cref="ArgumentException">They do not ascend from 0 on.</exception>
    internal void Map(ReadOnlySpan<int> positions)
    {
        int before = -1;
        foreach (int position in positions)
        {
            if (position <= before)
            {
                throw new ArgumentException($"positions must ascend from 0 on without duplicates: {position} follows {before}", nameof(positions));
            }

            before = position;
        }

        IsMapped = true;
        _rowCount = 0;
        positions.CopyTo(Grow(positions.Length));
    }

    /// <summary>Gives up the rows from a position on and adds rows for positions [first, first + count), which are to be stored next.</summary>
    internal void Extend(int first, int count)
    {
        if (IsMapped)
        {
            _rowCount = RowOf(first);
            Span<int> added = Grow(count);
            for (int i = 0; i < added.Length; i++)
            {
                added[i] = first + i;
            }
        }
    }

    internal void Add(KvPage page)
    {
        if (_pageCount == _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(16, 2 * _pageCount));
        }

        _pages[_pageCount++] = page;
        Version++;
    }

    internal void Replace(int index, KvPage page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _pageCount);
        _pages[index] = page;
        Version++;
    }

    internal void RemoveFrom(int pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, _pageCount);
        if (pageCount < _pageCount)
        {
            _pages.AsSpan(pageCount, _pageCount - pageCount).Clear();
            _pageCount = pageCount;
            Version++;
        }
    }

    private Span<int> Grow(int count)
    {
        if (_positions.Length < _rowCount + count)
        {
            // Pinned, because kernels keep the address while many threads read.
            int[] positions = GC.AllocateUninitializedArray<int>(Math.Max(_rowCount + count, 2 * _positions.Length), pinned: true);
            Positions.CopyTo(positions);
            _positions = positions;
        }

        _rowCount += count;
        return _positions.AsSpan(_rowCount - count, count);
    }
}
