namespace Winnow.Sampling.Grammars;

/// <summary>A set of Unicode code points, kept as ranges in order; surrogates are in no set.</summary>
internal sealed class CodePointSet
{
    private const int Last = 0x10FFFF;
    private const int FirstSurrogate = 0xD800;
    private const int LastSurrogate = 0xDFFF;

    public CodePointSet(IEnumerable<(int First, int Last)> ranges)
    {
        List<(int First, int Last)> merged = [];
        foreach ((int first, int last) in ranges.SelectMany(SplitAtSurrogates).Where(range => range.First <= range.Last).Order())
        {
            if (merged.Count > 0 && first <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, last));
            }
            else
            {
                merged.Add((first, last));
            }
        }

        Ranges = merged;
    }

    public static CodePointSet All { get; } = new([(0, Last)]);

    public IReadOnlyList<(int First, int Last)> Ranges { get; }

    public bool Contains(int codePoint) => Ranges.Any(range => codePoint >= range.First && codePoint <= range.Last);

    public CodePointSet Complement()
    {
        List<(int, int)> gaps = [];
        int from = 0;
        foreach ((int first, int last) in Ranges)
        {
            gaps.Add((from, first - 1));
            from = last + 1;
        }

        gaps.Add((from, Last));
        return new CodePointSet(gaps);
    }

    public CodePointSet Union(CodePointSet other) => new(Ranges.Concat(other.Ranges));

    public CodePointSet Except(CodePointSet other) => Complement().Union(other).Complement();

    private static IEnumerable<(int First, int Last)> SplitAtSurrogates((int First, int Last) range) =>
    [
        (range.First, Math.Min(range.Last, FirstSurrogate - 1)),
        (Math.Max(range.First, LastSurrogate + 1), range.Last),
    ];
}
