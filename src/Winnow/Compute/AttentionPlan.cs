namespace Winnow.Compute;

/// <summary>Which cache rows the queries of one call attend to: what an attention method decides and a kernel executes.</summary>
/// <remarks>
/// Whatever the plan, causality holds (a query at position p sees rows r ≤ p) and so does the layer's sliding window. Rows are
/// visited in ascending order with the accumulation of the dense kernel: a plan that names every row gives the same bits as
/// <see cref="All"/>. Instances are reused from step to step; filling one allocates nothing once it has grown.
/// </remarks>
public sealed class AttentionPlan
{
    private readonly int[][] _rows = [];
    private readonly int[] _counts = [];

    private AttentionPlan(AttentionPlanKind kind)
    {
        Kind = kind;
    }

    /// <summary>Creates a plan that will name rows.</summary>
    /// <param name="kind">Whose lists the plan holds.</param>
    /// <param name="lists">How many: 1, the KV heads, or the query heads.</param>
    public AttentionPlan(AttentionPlanKind kind, int lists)
    {
        ArgumentOutOfRangeException.ThrowIfEqual((int)kind, (int)AttentionPlanKind.All, nameof(kind));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(lists);
        Kind = kind;
        _rows = new int[lists][];
        _counts = new int[lists];
        Array.Fill(_rows, []);
    }

    /// <summary>Every row.</summary>
    public static AttentionPlan All { get; } = new(AttentionPlanKind.All);

    /// <summary>Whose lists the plan holds.</summary>
    public AttentionPlanKind Kind { get; }

    /// <summary>How many lists there are; 0 for <see cref="All"/>.</summary>
    public int Lists => _rows.Length;

    /// <summary>
    /// Whether a query that is not itself in its head's list gets zeros instead of attending (token-sparse prefill, which
    /// compresses queries together with keys and values).
    /// </summary>
    public bool SelectsQueries { get; init; }

    /// <summary>The rows of one list, ascending, without duplicates.</summary>
    public ReadOnlySpan<int> Rows(int list) => _rows[list].AsSpan(0, _counts[list]);

    /// <summary>Sets the length of a list and returns it for filling with ascending rows.</summary>
    public Span<int> Resize(int list, int count)
    {
        if (_rows[list].Length < count)
        {
            Array.Resize(ref _rows[list], Math.Max(count, 2 * _rows[list].Length));
        }

        _counts[list] = count;
        return _rows[list].AsSpan(0, count);
    }
}
