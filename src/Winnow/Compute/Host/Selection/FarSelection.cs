using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Compute.Host.Selection;

/// <summary>Chooses the far tokens of one KV head: for each of its query heads those with the largest scores, newest first among equal ones; then their union.</summary>
/// <remarks>
/// All tokens of a centroid have the same score, so a query head's choice is whole centroids in order of their scores until the
/// budget is reached, and the newest tokens of the last one. It is described by one number for each centroid, the oldest token
/// that is read; the union of heads is the minimum. Tokens themselves are visited once per KV head, not once per query head
/// and never sorted.
/// </remarks>
internal sealed class FarSelection
{
    private const int Buckets = 256;
    private const int Never = int.MaxValue;

    private readonly int[] _bucketTokens = new int[Buckets];
    private readonly List<(float Score, int Centroid)> _lastBucket = [];
    private readonly List<(int Oldest, int Centroid)> _later = [];
    private float[] _scaled = [];
    private int[] _buckets = [];
    private int[] _oldest = [];

    /// <summary>For every code that there can be: one that is of no centroid, from wherever it came, finds no token and no other's memory.</summary>
    private readonly byte[] _flags = new byte[1 << 16];

    /// <summary>Begins the choice of a step.</summary>
    /// <param name="centroids">Centroids of the codebook.</param>
    public void Begin(int centroids)
    {
        if (_oldest.Length != centroids)
        {
            _scaled = new float[centroids];
            _buckets = new int[centroids];
            _oldest = new int[centroids];
            Array.Clear(_flags);
        }

        Array.Fill(_oldest, Never);
    }

    /// <summary>Adds what a query head chooses.</summary>
    /// <param name="scores">The head's table, [centroids].</param>
    /// <param name="codes">The code of each token.</param>
    /// <param name="counts">Far tokens of each centroid.</param>
    /// <param name="first">The first far token.</param>
    /// <param name="end">The token after the last far one.</param>
    /// <param name="budget">How many to choose.</param>
    public void Add(ReadOnlySpan<float> scores, ReadOnlySpan<ushort> codes, ReadOnlySpan<int> counts, int first, int end, int budget)
    {
        if (budget >= end - first)
        {
            Array.Clear(_oldest);
            return;
        }

        if (budget <= 0)
        {
            return;
        }

        int left = SkipToLastBucket(scores, counts, budget);
        _lastBucket.Sort(static (a, b) => b.Score.CompareTo(a.Score));
        int index = 0;
        int same;
        int tokens;
        while (true)
        {
            same = index;
            tokens = 0;
            float score = _lastBucket[index].Score;
            while (same < _lastBucket.Count && _lastBucket[same].Score == score)
            {
                tokens += counts[_lastBucket[same++].Centroid];
            }

            if (tokens >= left || same == _lastBucket.Count || same == index)
            {
                break;
            }

            left -= tokens;
            index = same;
        }

        if (same == index)
        {
            // No number: the model computes nonsense, and any choice is as good as another.
            return;
        }

        // All tokens of the centroids above the last score, from the first on.
        ZeroWhereAbove.Apply(scores, _lastBucket[index].Score, _oldest);
        AddNewest(CollectionsMarshal.AsSpan(_lastBucket)[index..same], codes[first..end], first, left, tokens);
    }

    /// <summary>Writes the chosen tokens in ascending order.</summary>
    /// <param name="codes">The code of each token.</param>
    /// <param name="first">The first far token.</param>
    /// <param name="end">The token after the last far one.</param>
    /// <param name="rows">Room for all far tokens.</param>
    /// <returns>How many were written.</returns>
    public int Write(ReadOnlySpan<ushort> codes, int first, int end, Span<int> rows)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows.Length, end - first, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfLessThan(codes.Length, end, nameof(codes));
        CollectFlags(first);
        int row = first;
        nuint count = 0;
        foreach ((int oldest, int centroid) in _later)
        {
            count = Write(codes, row, Math.Min(oldest, end), rows, count);
            row = Math.Min(oldest, end);
            _flags[centroid] = 1;
        }

        return (int)Write(codes, row, end, rows, count);
    }

    /// <summary>Flags the centroids whose tokens are all read, and sorts out those that are read from a later token on.</summary>
    private void CollectFlags(int first)
    {
        _later.Clear();
        for (int c = 0; c < _oldest.Length; c++)
        {
            int oldest = _oldest[c];
            _flags[c] = (byte)(oldest <= first ? 1 : 0);
            if (oldest > first && oldest != Never)
            {
                _later.Add((oldest, c));
            }
        }

        _later.Sort();
    }

    /// <summary>Writes the tokens [first, end) of flagged centroids behind those that were written before; returns how many there are now.</summary>
    private nuint Write(ReadOnlySpan<ushort> codes, int first, int end, Span<int> rows, nuint count)
    {
        ref int target = ref MemoryMarshal.GetReference(rows);
        ref byte flags = ref MemoryMarshal.GetArrayDataReference(_flags);
        ref ushort code = ref MemoryMarshal.GetReference(codes);

        // Written whether it counts or not: a branch would be mispredicted for every tenth token.
        for (int row = first; row < end; row++)
        {
            Unsafe.Add(ref target, count) = row;
            count += Unsafe.Add(ref flags, Unsafe.Add(ref code, row));
        }

        return count;
    }

    /// <summary>Finds the bucket of scores that the budget ends in; returns what the buckets above it leave.</summary>
    private int SkipToLastBucket(ReadOnlySpan<float> scores, ReadOnlySpan<int> counts, int budget)
    {
        float low = TensorPrimitives.Min(scores);
        float range = TensorPrimitives.Max(scores) - low;
        TensorPrimitives.Subtract(scores, low, _scaled);
        TensorPrimitives.Multiply(_scaled, range > 0 ? (Buckets - 1) / range : 0, _scaled);
        TensorPrimitives.ConvertToInteger<float, int>(_scaled, _buckets);
        TensorPrimitives.Clamp(_buckets, 0, Buckets - 1, _buckets);
        Array.Clear(_bucketTokens);
        for (int c = 0; c < _buckets.Length; c++)
        {
            _bucketTokens[_buckets[c]] += counts[c];
        }

        int bucket = Buckets - 1;
        while (bucket > 0 && _bucketTokens[bucket] < budget)
        {
            budget -= _bucketTokens[bucket--];
        }

        _lastBucket.Clear();
        int next;
        for (int c = 0; (next = _buckets.AsSpan(c).IndexOf(bucket)) >= 0; c++)
        {
            c += next;
            _lastBucket.Add((scores[c], c));
        }

        return budget;
    }

    /// <summary>Adds the newest tokens of centroids that have the same score.</summary>
    /// <param name="centroids">The centroids.</param>
    /// <param name="codes">The codes of the far tokens.</param>
    /// <param name="first">The first far token.</param>
    /// <param name="count">How many to add.</param>
    /// <param name="tokens">How many there are.</param>
    private void AddNewest(ReadOnlySpan<(float Score, int Centroid)> centroids, ReadOnlySpan<ushort> codes, int first, int count, int tokens)
    {
        int row = codes.Length;
        if (centroids.Length == 1)
        {
            // Found from whichever end is nearer.
            ushort code = (ushort)centroids[0].Centroid;
            if (2 * count > tokens)
            {
                row = -1;
                for (int left = tokens - count; left >= 0; left--)
                {
                    row += 1 + codes[(row + 1)..].IndexOf(code);
                }
            }
            else
            {
                for (; count > 0; count--)
                {
                    row = codes[..row].LastIndexOf(code);
                }
            }
        }
        else
        {
            for (; count > 0; row--)
            {
                count -= Contains(centroids, codes[row - 1]) ? 1 : 0;
            }
        }

        foreach ((float _, int centroid) in centroids)
        {
            _oldest[centroid] = Math.Min(_oldest[centroid], first + row);
        }
    }

    private static bool Contains(ReadOnlySpan<(float Score, int Centroid)> centroids, int code)
    {
        foreach ((float _, int centroid) in centroids)
        {
            if (centroid == code)
            {
                return true;
            }
        }

        return false;
    }
}
