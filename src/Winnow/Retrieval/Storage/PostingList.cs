namespace Winnow.Retrieval.Storage;

/// <summary>The code of an ascending list of positions below 65,536: distances to the predecessor, one byte each where they fit.</summary>
/// <remarks>
/// A distance below 255 is its byte; a larger one is 255 and two bytes (little-endian). The first distance is counted from −1,
/// so that every distance is at least 1 and a list that does not ascend cannot be written. One test and rarely a jump per
/// posting: about a nanosecond when a search adds them up.
/// </remarks>
internal static class PostingList
{
    /// <summary>Positions that a block may have.</summary>
    public const int MaxPositions = 1 << 16;

    private const byte Escape = 255;

    /// <summary>Bytes that the distance between two positions takes.</summary>
    public static int SizeOf(int previous, int position) => position - previous < Escape ? 1 : 3;

    /// <summary>Writes the next position; returns the bytes written.</summary>
    public static int Write(Span<byte> target, int previous, int position)
    {
        int distance = position - previous;
        if (distance < Escape)
        {
            target[0] = (byte)distance;
            return 1;
        }

        // A distance of 65,536 is possible only from −1 to the last position.
        target[0] = Escape;
        target[1] = (byte)(distance - 1);
        target[2] = (byte)((distance - 1) >> 8);
        return 3;
    }

    /// <summary>Reads the next position.</summary>
    /// <param name="list">The rest of the list; moves on.</param>
    /// <param name="previous">The position before; −1 at the beginning.</param>
    /// <exception cref="IndexOutOfRangeException">The list ends inside a distance.</exception>
    public static int Read(ref ReadOnlySpan<byte> list, int previous)
    {
        int distance = list[0];
        if (distance != Escape)
        {
            list = list[1..];
            return previous + distance;
        }

        distance = 1 + list[1] + (list[2] << 8);
        list = list[3..];
        return previous + distance;
    }

    /// <summary>Adds a weight to the score of every position of a list.</summary>
    /// <param name="list">The whole list.</param>
    /// <param name="scores">By position.</param>
    /// <param name="weight">What is added.</param>
    /// <returns>False where a position lies outside of the scores or the list ends inside a distance: the list is damaged.</returns>
    public static bool AddTo(ReadOnlySpan<byte> list, Span<float> scores, float weight)
    {
        int position = -1;
        for (int i = 0; i < list.Length; i++)
        {
            int distance = list[i];
            if (distance == Escape)
            {
                if (i + 2 >= list.Length)
                {
                    return false;
                }

                distance = 1 + list[i + 1] + (list[i + 2] << 8);
                i += 2;
            }

            position += distance;
            if ((uint)position >= (uint)scores.Length)
            {
                return false;
            }

            scores[position] += weight;
        }

        return true;
    }
}
