using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

/// <summary>Scores the pages of a layer by its attention mass and chooses the ones to read (section 3.2 of the paper).</summary>
internal sealed class PageSelector
{
    /// <summary>What a page loses per page number, so that of equal pages the older one wins.</summary>
    private const double TieBreak = 1e-7;

    private readonly int _page;
    private readonly int _recent;
    private readonly int[] _chosen;
    private readonly TopRows _top = new();
    private float[] _score = [];
    private float[] _pageScore = [];

    /// <param name="page">Tokens of a page.</param>
    /// <param name="pages">Pages to choose, the recent ones included.</param>
    /// <param name="recent">Last pages that are always chosen.</param>
    public PageSelector(int page, int pages, int recent)
    {
        _page = page;
        _recent = recent;
        _chosen = new int[pages];
    }

    /// <summary>Chooses pages, in ascending order; there must be at least as many as are to be chosen.</summary>
    /// <param name="mass">[heads, length]: the probability of each row.</param>
    /// <param name="heads">Heads that share the list.</param>
    /// <param name="length">Rows in the cache.</param>
    public ReadOnlySpan<int> Select(ReadOnlySpan<float> mass, int heads, int length)
    {
        Grow(length);
        Span<float> score = _score.AsSpan(0, length);
        MaxOverHeads(mass, heads, score);
        int pages = PageCount(length);
        int older = pages - _recent;
        for (int page = 0; page < older; page++)
        {
            double sum = 0;
            foreach (float value in score.Slice(page * _page, _page))
            {
                sum += value;
            }

            _pageScore[page] = (float)(sum - (TieBreak * page));
        }

        int byScore = _chosen.Length - _recent;
        _top.Select(_pageScore.AsSpan(0, older), _chosen.AsSpan(0, byScore));
        for (int i = 0; i < _recent; i++)
        {
            _chosen[byScore + i] = older + i;
        }

        return _chosen;
    }

    /// <summary>Pages that so many rows take, the last one perhaps not full.</summary>
    public int PageCount(int length) => (length + _page - 1) / _page;

    /// <summary>The largest probability that any head gives to each row: the maximum keeps a hit that a single head sees.</summary>
    /// <param name="mass">[heads, rows].</param>
    /// <param name="heads">How many heads.</param>
    /// <param name="score">[rows].</param>
    public static void MaxOverHeads(ReadOnlySpan<float> mass, int heads, Span<float> score)
    {
        mass[..score.Length].CopyTo(score);
        for (int head = 1; head < heads; head++)
        {
            TensorPrimitives.Max(score, mass.Slice(head * score.Length, score.Length), score);
        }
    }

    private void Grow(int length)
    {
        if (_score.Length < length)
        {
            _score = new float[2 * length];
            _pageScore = new float[PageCount(2 * length)];
        }
    }
}
