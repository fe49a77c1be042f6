namespace Winnow.Attention;

/// <summary>How much of the cache a session's decode steps have read since its last prompt.</summary>
public sealed class AttentionStatistics
{
    private readonly long[] _attended;
    private readonly long[] _dense;

    internal AttentionStatistics(int layers)
    {
        _attended = new long[layers];
        _dense = new long[layers];
    }

    /// <summary>Decode steps.</summary>
    public int Steps { get; internal set; }

    /// <summary>Rows read, summed over steps, layers and KV heads.</summary>
    public long AttendedRows => _attended.Sum();

    /// <summary>Rows that full attention would have read.</summary>
    public long DenseRows => _dense.Sum();

    /// <summary>Rows read over rows that full attention would have read; 1 where there was no step yet.</summary>
    public double AttendedFraction => DenseRows == 0 ? 1 : (double)AttendedRows / DenseRows;

    /// <summary>Rows that a layer read, summed over steps and KV heads.</summary>
    public long AttendedRowsOf(int layer) => _attended[layer];

    internal void Count(int layer, long attended, long dense)
    {
        _attended[layer] += attended;
        _dense[layer] += dense;
    }

    internal void Reset()
    {
        Steps = 0;
        Array.Clear(_attended);
        Array.Clear(_dense);
    }
}
