namespace Winnow.Templates.Jinja;

/// <summary>Parts of a text, in order and apart from each other.</summary>
internal sealed class TextSpans
{
    private readonly (int Start, int End)[] _spans;

    public TextSpans((int Start, int End)[] spans)
    {
        _spans = spans;
    }

    public IReadOnlyList<(int Start, int End)> Items => _spans;

    /// <summary>What lies within a part of the text, as places of that part; null for nothing.</summary>
    public TextSpans? Cut(int start, int end)
    {
        int first = FirstEndingAfter(start);
        int last = first;
        while (last < _spans.Length && _spans[last].Start < end)
        {
            last++;
        }

        return first == last ? null
            : new TextSpans([.. _spans[first..last].Select(span => (Math.Max(span.Start, start) - start, Math.Min(span.End, end) - start))]);
    }

    private int FirstEndingAfter(int place)
    {
        int low = 0;
        int high = _spans.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = _spans[middle].End <= place ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
