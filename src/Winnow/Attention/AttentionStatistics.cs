using Winnow.Compute;

namespace Winnow.Attention;

/// <summary>How much of the cache a session's decode steps have read since its last prompt.</summary>
/// <remarks>Counted where rows are chosen: all that belongs to a token is in here once its logits are.</remarks>
public sealed class AttentionStatistics : IPlanCounter
{
    /// <summary>
    /// The meter of the counters <c>winnow.attention.attended_rows</c>, <c>.selections</c> and <c>.refreshes</c>, which count the same of all
    /// sessions, with the tag <c>layer</c>.
    /// </summary>
    public const string MeterName = "Winnow.Attention";

    private readonly long[] _attended;
    private readonly long[] _dense;
    private readonly int[] _selections;
    private readonly int[] _refreshes;
    private readonly KeyValuePair<string, object?>[] _tags;

    internal AttentionStatistics(int layers)
    {
        _attended = new long[layers];
        _dense = new long[layers];
        _selections = new int[layers];
        _refreshes = new int[layers];
        // Boxed once: a listener must not make every step allocate.
        _tags = [.. Enumerable.Range(0, layers).Select(layer => new KeyValuePair<string, object?>("layer", layer))];
    }

    /// <summary>Decode steps.</summary>
    public int Steps { get; internal set; }

    /// <summary>Rows read, summed over steps, layers and KV heads.</summary>
    public long AttendedRows => _attended.Sum();

    /// <summary>Rows that full attention would have read.</summary>
    public long DenseRows => _dense.Sum();

    /// <summary>Rows read over rows that full attention would have read; 1 where there was no step yet.</summary>
    public double AttendedFraction => DenseRows == 0 ? 1 : (double)AttendedRows / DenseRows;

    /// <summary>Layers.</summary>
    public int Layers => _attended.Length;

    /// <summary>Rows that a layer read over those that full attention would have read; 1 where there was no step yet.</summary>
    public double AttendedFractionOf(int layer) => _dense[layer] == 0 ? 1 : (double)_attended[layer] / _dense[layer];

    /// <summary>Rows that a layer read, summed over steps and KV heads.</summary>
    public long AttendedRowsOf(int layer) => _attended[layer];

    /// <summary>Steps in which a layer read chosen rows instead of all.</summary>
    public int SelectionsOf(int layer) => _selections[layer];

    /// <summary>Steps in which a layer's attention was looked at to choose rows anew.</summary>
    public int RefreshesOf(int layer) => _refreshes[layer];

    void IPlanCounter.Count(int layer, long attended, long dense, bool isSelection, bool isRefresh)
    {
        _attended[layer] += attended;
        _dense[layer] += dense;
        if (AttentionTelemetry.AttendedRows.Enabled)
        {
            AttentionTelemetry.AttendedRows.Add(attended, _tags[layer]);
        }

        if (isSelection)
        {
            _selections[layer]++;
            if (AttentionTelemetry.Selections.Enabled)
            {
                AttentionTelemetry.Selections.Add(1, _tags[layer]);
            }
        }

        if (isRefresh)
        {
            _refreshes[layer]++;
            if (AttentionTelemetry.Refreshes.Enabled)
            {
                AttentionTelemetry.Refreshes.Add(1, _tags[layer]);
            }
        }
    }

    internal void Reset()
    {
        Steps = 0;
        Array.Clear(_attended);
        Array.Clear(_dense);
        Array.Clear(_selections);
        Array.Clear(_refreshes);
    }
}
