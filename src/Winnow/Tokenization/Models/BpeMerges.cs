namespace Winnow.Tokenization.Models;

/// <summary>The merges of a BPE vocabulary: pairs of symbols, in the order in which they were learned.</summary>
internal readonly struct BpeMerges : IMergeRule
{
    private readonly Dictionary<long, (int Rank, int Merged)> _merges;

    public BpeMerges(int capacity)
    {
        _merges = new Dictionary<long, (int, int)>(capacity);
    }

    /// <summary>Adds a merge; of equal pairs the first counts.</summary>
    public void Add(int left, int right, int rank, int merged) => _merges.TryAdd(Key(left, right), (rank, merged));

    public bool TryMerge(ReadOnlySpan<byte> text, int left, int right, out int merged, out double priority)
    {
        bool found = _merges.TryGetValue(Key(left, right), out (int Rank, int Merged) merge);
        merged = merge.Merged;
        priority = merge.Rank;
        return found;
    }

    // The multiplication keeps keys distinct and spreads them: the hash of a long is its halves xor-ed, and plain pairs of
    // small numbers collide in that by the hundred.
    private static long Key(int left, int right) => unchecked((long)((((ulong)left << 32) | (uint)right) * 0x9E3779B97F4A7C15));
}
