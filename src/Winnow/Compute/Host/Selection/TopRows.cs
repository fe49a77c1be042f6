namespace Winnow.Compute.Host.Selection;

/// <summary>Deterministic selection of the rows with the largest scores; of equal scores the lower row wins.</summary>
/// <remarks>
/// Scores become unsigned integers of the same order. The smallest one that is selected is found by bisection: each step counts,
/// in vectors and without branches that depend on data, and a few steps leave so few candidates that they are sorted.
/// Scores must not be NaN. Scratch is reused from call to call.
/// </remarks>
internal sealed class TopRows
{
    /// <summary>Candidates that are sorted rather than bisected any further.</summary>
    private const int FewCandidates = 64;

    private const int DigitBits = 11;
    private const int Digits = 3;

    private readonly int[] _starts = new int[1 << DigitBits];
    private readonly uint[] _candidates = new uint[FewCandidates];
    private uint[] _keys = [];
    private ulong[] _ranked = [];
    private ulong[] _other = [];

    /// <summary>Writes the rows of the <paramref name="rows"/>.Length largest scores, in ascending order of rows.</summary>
    /// <param name="scores">One score a row, at least as many as are asked for.</param>
    /// <param name="rows">Receives the rows.</param>
    public void Select(ReadOnlySpan<float> scores, Span<int> rows)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, scores.Length, nameof(rows));
        ReadOnlySpan<uint> keys = ToKeys(scores);
        if (rows.IsEmpty)
        {
            return;
        }

        uint last = FindLast(keys, rows.Length, out int above);
        int ties = rows.Length - above;
        int count = 0;
        int i = 0;
        for (; i <= keys.Length - OrderedKeys.BlockLength && count < rows.Length; i += OrderedKeys.BlockLength)
        {
            if (OrderedKeys.AnyFrom(keys[i..], last))
            {
                Take(keys, i, i + OrderedKeys.BlockLength, last, ref ties, rows, ref count);
            }
        }

        Take(keys, i, keys.Length, last, ref ties, rows, ref count);
    }

    /// <summary>Selects rows, and also ranks them: the largest score first.</summary>
    /// <param name="scores">One score a row, at least as many as are asked for.</param>
    /// <param name="rows">Receives the rows in ascending order.</param>
    /// <param name="ranking">Receives the same rows by descending score.</param>
    public void SelectRanked(ReadOnlySpan<float> scores, Span<int> rows, Span<int> ranking)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(ranking.Length, rows.Length, nameof(ranking));
        Select(scores, rows);
        Grow(ref _ranked, rows.Length);
        Grow(ref _other, rows.Length);
        Span<ulong> source = _ranked.AsSpan(0, rows.Length);
        Span<ulong> target = _other.AsSpan(0, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            // Inverted: the sort ascends, and is stable, so that equal scores stay in the order of their rows.
            source[i] = ((ulong)~_keys[rows[i]] << 32) | (uint)rows[i];
        }

        for (int digit = 0; digit < Digits; digit++)
        {
            SortByDigit(source, target, 32 + (digit * DigitBits));
            Span<ulong> sorted = target;
            target = source;
            source = sorted;
        }

        for (int i = 0; i < rows.Length; i++)
        {
            ranking[i] = (int)(uint)source[i];
        }
    }

    /// <summary>One stable pass of a radix sort.</summary>
    private void SortByDigit(ReadOnlySpan<ulong> source, Span<ulong> target, int shift)
    {
        Span<int> starts = _starts;
        starts.Clear();
        foreach (ulong key in source)
        {
            starts[(int)(key >> shift) & ((1 << DigitBits) - 1)]++;
        }

        int start = 0;
        foreach (ref int count in starts)
        {
            (count, start) = (start, start + count);
        }

        foreach (ulong key in source)
        {
            target[starts[(int)(key >> shift) & ((1 << DigitBits) - 1)]++] = key;
        }
    }

    private static void Take(ReadOnlySpan<uint> keys, int begin, int end, uint last, ref int ties, Span<int> rows, ref int count)
    {
        for (int row = begin; row < end && count < rows.Length; row++)
        {
            if (keys[row] > last || (keys[row] == last && ties-- > 0))
            {
                rows[count++] = row;
            }
        }
    }

    /// <summary>The <paramref name="count"/>-th largest key, and how many are larger.</summary>
    private uint FindLast(ReadOnlySpan<uint> keys, int count, out int above)
    {
        // At least count keys are ≥ low; fewer are ≥ high.
        ulong low = 0;
        ulong high = 1UL << 32;
        int atLow = keys.Length;
        int atHigh = 0;
        while (atLow - atHigh > FewCandidates && high - low > 1)
        {
            ulong middle = (low + high) / 2;
            int atMiddle = OrderedKeys.CountFrom(keys, (uint)middle);
            if (atMiddle >= count)
            {
                (low, atLow) = (middle, atMiddle);
            }
            else
            {
                (high, atHigh) = (middle, atMiddle);
            }
        }

        above = atHigh;
        if (high - low == 1)
        {
            return (uint)low;
        }

        Span<uint> candidates = _candidates.AsSpan(0, atLow - atHigh);
        int found = 0;
        int i = 0;
        for (; found < candidates.Length && i <= keys.Length - OrderedKeys.BlockLength; i += OrderedKeys.BlockLength)
        {
            if (OrderedKeys.AnyFrom(keys[i..], (uint)low))
            {
                Collect(keys.Slice(i, OrderedKeys.BlockLength), low, high, candidates, ref found);
            }
        }

        Collect(keys[i..], low, high, candidates, ref found);
        candidates.Sort();
        uint last = candidates[^(count - atHigh)];
        above += candidates.Length - 1 - candidates.LastIndexOf(last);
        return last;
    }

    private static void Collect(ReadOnlySpan<uint> keys, ulong low, ulong high, Span<uint> candidates, ref int found)
    {
        foreach (uint key in keys)
        {
            if (key >= low && key < high)
            {
                candidates[found++] = key;
            }
        }
    }

    /// <summary>The order of floats as unsigned integers.</summary>
    private ReadOnlySpan<uint> ToKeys(ReadOnlySpan<float> scores)
    {
        Grow(ref _keys, scores.Length);
        Span<uint> keys = _keys.AsSpan(0, scores.Length);
        OrderedKeys.Of(scores, keys);
        return keys;
    }

    private static void Grow<T>(ref T[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new T[Math.Max(length, 2 * buffer.Length)];
        }
    }
}
