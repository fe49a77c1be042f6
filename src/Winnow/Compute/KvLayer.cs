namespace Winnow.Compute;

/// <summary>The keys and values of one layer as kernels see them: groups of KV heads, normally a single one.</summary>
/// <remarks>The cache that owns the pages keeps this view up to date.</remarks>
internal sealed class KvLayer
{
    private readonly KvGroup[] _groups;

    /// <summary>Creates an empty layer of one group.</summary>
    public KvLayer(KvLayout layout)
        : this(layout, [new KvGroup(0, layout)])
    {
    }

    /// <summary>Creates a layer of groups.</summary>
    /// <param name="layout">All KV heads.</param>
    /// <param name="groups">Together the layer's heads, in order; but for these their layouts are that of the layer.</param>
    /// <exception cref="ArgumentException">Heads are missing or named twice, or their rows are stored in another way.</exception>
    public KvLayer(KvLayout layout, ReadOnlySpan<KvGroup> groups)
    {
        int heads = 0;
        foreach (KvGroup group in groups)
        {
            if (group.FirstHead != heads || !group.Layout.StoresRowsAs(layout))
            {
                throw new ArgumentException($"groups must hold the {layout.KvHeads} KV heads in order, in the type of the layer", nameof(groups));
            }

            heads += group.Layout.KvHeads;
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(heads, layout.KvHeads, nameof(groups));
        Layout = layout;
        _groups = groups.ToArray();
    }

    /// <summary>How keys and values of all heads are stored; where they lie inside a page only if there is a single group.</summary>
    public KvLayout Layout { get; }

    /// <summary>KV heads that keep the same rows, in order.</summary>
    public ReadOnlySpan<KvGroup> Groups => _groups;

    /// <summary>The group of a layer whose heads all keep the same rows.</summary>
    /// <exception cref="InvalidOperationException">There are several groups.</exception>
    public KvGroup Whole => _groups.Length == 1 ? _groups[0] : throw new InvalidOperationException("the heads of the layer keep different rows");

    /// <summary>The pages of a layer of one group, in the order of their tokens.</summary>
    /// <exception cref="InvalidOperationException">There are several groups.</exception>
    public ReadOnlySpan<KvPage> Pages => Whole.Pages;

    /// <summary>Raised by each change of a group's pages.</summary>
    public int Version
    {
        get
        {
            int version = 0;
            foreach (KvGroup group in _groups)
            {
                version += group.Version;
            }

            return version;
        }
    }

    /// <summary>The group that a KV head belongs to.</summary>
    public KvGroup GroupOf(int kvHead)
    {
        int index = 0;
        while (kvHead >= _groups[index].FirstHead + _groups[index].Layout.KvHeads)
        {
            index++;
        }

        return _groups[index];
    }

    /// <summary>Whether every group has room for positions [first, first + count), and a row for each of them.</summary>
    internal bool HasRoom(int first, int count)
    {
        foreach (KvGroup group in _groups)
        {
            int row = group.RowOf(first);
            bool isNamed = !group.IsMapped || (group.RowOf(first + count) == row + count && (count == 0 || group.Positions[row] == first));
            if (!isNamed || row + count > group.Capacity)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether every group has pages for the rows that queries before position <paramref name="end"/> may see.</summary>
    internal bool HoldsUpTo(int end)
    {
        foreach (KvGroup group in _groups)
        {
            if ((group.IsMapped ? group.Positions.Length : end) > group.Capacity)
            {
                return false;
            }
        }

        return true;
    }
}
