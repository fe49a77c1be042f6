using System.Runtime.CompilerServices;

namespace Winnow.Attention;

/// <summary>Deterministic selection of the rows with the largest scores; of equal scores the lower row wins.</summary>
/// <remarks>
/// A score and its row become one 64-bit key whose order is "score descending, row ascending", so that selection needs no
/// comparer and never depends on the algorithm's path. Scores must not be NaN. Scratch is reused from call to call.
/// </remarks>
internal sealed class TopRows
{
    private ulong[] _keys = [];

    /// <summary>Writes the rows of the <paramref name="rows"/>.Length largest scores, in ascending order of rows.</summary>
    /// <param name="scores">One score a row, at least as many as are asked for.</param>
    /// <param name="rows">Receives the rows.</param>
    public void Select(ReadOnlySpan<float> scores, Span<int> rows)
    {
        ulong last = Partition(scores, rows.Length);
        int count = 0;
        for (int row = 0; row < scores.Length && count < rows.Length; row++)
        {
            if (Key(scores[row], row) >= last)
            {
                rows[count++] = row;
            }
        }
    }

    /// <summary>Writes the rows of the <paramref name="rows"/>.Length largest scores, the largest score first.</summary>
    /// <param name="scores">One score a row, at least as many as are asked for.</param>
    /// <param name="rows">Receives the rows.</param>
    public void Rank(ReadOnlySpan<float> scores, Span<int> rows)
    {
        Partition(scores, rows.Length);
        Span<ulong> top = _keys.AsSpan(0, rows.Length);
        top.Sort();
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = (int)(uint.MaxValue - (uint)top[^(i + 1)]);
        }
    }

    /// <summary>Brings the <paramref name="count"/> largest keys to the front, in no order, and returns the smallest of them.</summary>
    private ulong Partition(ReadOnlySpan<float> scores, int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, scores.Length);
        if (_keys.Length < scores.Length)
        {
            _keys = new ulong[Math.Max(scores.Length, 2 * _keys.Length)];
        }

        Span<ulong> keys = _keys.AsSpan(0, scores.Length);
        for (int row = 0; row < keys.Length; row++)
        {
            keys[row] = Key(scores[row], row);
        }

        if (count == 0)
        {
            return ulong.MaxValue;
        }

        int low = 0;
        int high = keys.Length - 1;
        int target = count - 1;
        while (low < high)
        {
            ulong pivot = MedianOfThree(keys[low], keys[low + ((high - low) / 2)], keys[high]);
            int i = low;
            int j = high;
            while (i <= j)
            {
                while (keys[i] > pivot)
                {
                    i++;
                }

                while (keys[j] < pivot)
                {
                    j--;
                }

                if (i <= j)
                {
                    (keys[i], keys[j]) = (keys[j], keys[i]);
                    i++;
                    j--;
                }
            }

            if (target <= j)
            {
                high = j;
            }
            else if (target >= i)
            {
                low = i;
            }
            else
            {
                break;
            }
        }

        return keys[target];
    }

    private static ulong MedianOfThree(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    /// <summary>The order of floats as unsigned integers in the upper half, the inverted row in the lower.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Key(float score, int row)
    {
        // Adding zero makes −0 equal to +0.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint ordered = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)ordered << 32) | (uint.MaxValue - (uint)row);
    }
}
