namespace Winnow.Vulkan.Attention;

/// <summary>The rows that a group of heads visits, as the host knows them.</summary>
/// <param name="rows">Ascending; unused where every row is visited.</param>
/// <param name="isListed">Whether <paramref name="rows"/> names them.</param>
/// <param name="positions">The position of each row; empty where row r stands at position r.</param>
/// <param name="isMapped">Whether <paramref name="positions"/> says so.</param>
/// <param name="count">How many rows there are to visit.</param>
internal readonly ref struct VisitedRows(ReadOnlySpan<int> rows, bool isListed, ReadOnlySpan<int> positions, bool isMapped, int count)
{
    private readonly ReadOnlySpan<int> _rows = rows;
    private readonly ReadOnlySpan<int> _positions = positions;

    /// <summary>How many of them do not stand above a position.</summary>
    public int CountUpTo(int position)
    {
        if (!isListed && !isMapped)
        {
            return Math.Clamp(position + 1, 0, count);
        }

        int low = 0;
        int high = count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Position(middle) <= position)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The position of the row that is visited as number <paramref name="index"/>.</summary>
    public int Position(int index)
    {
        int row = isListed ? _rows[index] : index;
        return isMapped ? _positions[row] : row;
    }
}
