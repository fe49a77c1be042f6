namespace Winnow.Compute;

/// <summary>Which of neighbouring layers go to which device, so that all devices are full to the same part.</summary>
internal static class LayerSplit
{
    /// <summary>Halvings of the part: far finer than a layer.</summary>
    private const int Halvings = 60;

    /// <summary>Splits layers [<paramref name="first"/>, <paramref name="end"/>) between devices, in order.</summary>
    /// <param name="first">The first layer.</param>
    /// <param name="end">One past the last.</param>
    /// <param name="room">Bytes that each device has for them.</param>
    /// <param name="cost">Bytes of layers [first, end).</param>
    /// <returns>How many layers go to each device. They fit if each device has room for its own; no other split is more even.</returns>
    public static int[] Split(int first, int end, ReadOnlySpan<long> room, Func<int, int, long> cost)
    {
        int[] best = new int[room.Length];
        double low = 0;
        // With twice of what it needs the first device takes all, however the division rounds.
        double high = 2.0 * cost(first, end) / Math.Max(1, room[0]);
        TryFill(first, end, room, cost, high, best);
        int[] tried = new int[room.Length];
        for (int i = 0; i < Halvings; i++)
        {
            double middle = (low + high) / 2;
            if (TryFill(first, end, room, cost, middle, tried))
            {
                (high, best, tried) = (middle, tried, best);
            }
            else
            {
                low = middle;
            }
        }

        return best;
    }

    /// <summary>Gives each device as many layers as fill a part of its room, and tells whether none is left over.</summary>
    private static bool TryFill(int first, int end, ReadOnlySpan<long> room, Func<int, int, long> cost, double part, int[] counts)
    {
        for (int device = 0; device < counts.Length; device++)
        {
            counts[device] = Fitting(first, end, cost, part * Math.Max(1, room[device]));
            first += counts[device];
        }

        return first == end;
    }

    /// <summary>How many layers from one on fit into so many bytes: more layers cost more, so the number is halved down to.</summary>
    private static int Fitting(int first, int end, Func<int, int, long> cost, double bytes)
    {
        int fits = first;
        while (fits < end)
        {
            int middle = fits + ((end - fits + 1) / 2);
            if (cost(first, middle) <= bytes)
            {
                fits = middle;
            }
            else
            {
                end = middle - 1;
            }
        }

        return fits - first;
    }
}
