namespace Winnow.Templates.Jinja.Values;

/// <summary>Python's range.</summary>
internal sealed record PythonRange(long Start, long Stop, long Step)
{
    /// <summary>The longest range that the sandbox makes.</summary>
    public const int MaxCount = 100_000;

    public int Count { get; } = CountOf(Start, Stop, Step);

    public long this[int index] => Start + (index * Step);

    public IEnumerable<object?> Items
    {
        get
        {
            for (int i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }
    }

    private static int CountOf(long start, long stop, long step)
    {
        if (step == 0)
        {
            throw TemplateRuntimeException.Value("range() arg 3 must not be zero");
        }

        Int128 distance = step > 0 ? (Int128)stop - start : (Int128)start - stop;
        Int128 stride = step > 0 ? step : -(Int128)step;
        Int128 count = distance <= 0 ? 0 : (distance + stride - 1) / stride;
        return count <= MaxCount
            ? (int)count
            : throw new TemplateRuntimeException(
                $"OverflowError: Range too big. The sandbox blocks ranges larger than MAX_RANGE ({MaxCount}).");
    }
}
