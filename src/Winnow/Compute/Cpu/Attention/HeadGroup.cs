namespace Winnow.Compute.Cpu.Attention;

/// <summary>Query heads that visit the same rows of one KV head together: the unit that attention work is divided into.</summary>
internal unsafe struct HeadGroup
{
    public int FirstHead;
    public int Heads;

    /// <summary>Where each page begins that the KV head lies in.</summary>
    public byte** Pages;

    /// <summary>The number of the KV head inside a page.</summary>
    public int KvHead;

    /// <summary>The rows to visit, ascending; null for every row from 0 on.</summary>
    public int* Rows;

    /// <summary>How many rows there are to visit.</summary>
    public int RowCount;

    /// <summary>The position of each row of the pages; null where row r stands at position r.</summary>
    public int* RowPositions;

    /// <summary>The positions of the queries that attend, ascending; null for all queries.</summary>
    public int* Positions;
    public int QueryCount;

    /// <summary>Which row of the queries a decode step answers.</summary>
    public int Query;

    /// <summary>What it visits of the rows: numbers [Begin, End).</summary>
    public int Begin;
    public int End;

    /// <summary>Work items of the groups before this one.</summary>
    public int FirstItem;
    public int Items;

    /// <summary>Where a decode step keeps the partial results of this group's items.</summary>
    public float* Partials;

    /// <summary>Items that are not finished: whoever finishes the last one merges.</summary>
    public int Remaining;

    /// <summary>The cache row that is visited as number <paramref name="index"/>.</summary>
    public readonly int Row(int index) => Rows is null ? index : Rows[index];

    /// <summary>The position of the row that is visited as number <paramref name="index"/>.</summary>
    public readonly int Position(int index) => RowPositions is null ? Row(index) : RowPositions[Row(index)];

    /// <summary>How many of the visited rows in [begin, end) do not stand above <paramref name="position"/>.</summary>
    public readonly int CountUpTo(int position, int begin, int end)
    {
        if (Rows is null && RowPositions is null)
        {
            return Math.Clamp(position + 1 - begin, 0, end - begin);
        }

        int low = begin;
        int high = end;
        while (low < high)
        {
            int middle = (int)((uint)(low + high) / 2);
            if (Position(middle) <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - begin;
    }

    /// <summary>The index of the query's row in the queries matrix.</summary>
    public readonly int Token(int query, int firstPosition) => Positions is null ? query : Positions[query] - firstPosition;

    /// <summary>The group that work item <paramref name="item"/> belongs to.</summary>
    public static HeadGroup* Of(HeadGroup* groups, int count, int item)
    {
        int low = 0;
        int high = count - 1;
        while (low < high)
        {
            int middle = (low + high + 1) / 2;
            if (groups[middle].FirstItem <= item)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return groups + low;
    }
}
