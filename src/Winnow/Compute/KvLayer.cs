namespace Winnow.Compute;

/// <summary>The keys and values of one layer as kernels see them: pages in order, and how many tokens they hold.</summary>
/// <remarks>Row r of the layer is the token at position r. The cache that owns the pages keeps this view up to date.</remarks>
public sealed class KvLayer
{
    private KvPage[] _pages = [];
    private int _pageCount;

    /// <summary>Creates an empty layer.</summary>
    public KvLayer(KvLayout layout)
    {
        Layout = layout;
    }

    /// <summary>Where rows lie inside a page.</summary>
    public KvLayout Layout { get; }

    /// <summary>The pages, in the order of their tokens.</summary>
    public ReadOnlySpan<KvPage> Pages => _pages.AsSpan(0, _pageCount);

    /// <summary>Tokens that the pages can hold.</summary>
    public int Capacity => _pageCount * KvLayout.PageTokens;

    internal void Add(KvPage page)
    {
        if (_pageCount == _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(16, 2 * _pageCount));
        }

        _pages[_pageCount++] = page;
    }

    internal void Replace(int index, KvPage page)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, _pageCount);
        _pages[index] = page;
    }

    internal void RemoveFrom(int pageCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pageCount, _pageCount);
        _pages.AsSpan(pageCount, _pageCount - pageCount).Clear();
        _pageCount = pageCount;
    }
}
