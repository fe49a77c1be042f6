using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Winnow.Compute.Host;

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
    private readonly bool[] _checked = [];

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
        _checked = new bool[lists];
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
            // Pinned, because kernels keep the address while many threads read.
            int[] rows = GC.AllocateUninitializedArray<int>(Math.Max(count, 2 * _rows[list].Length), pinned: true);
            Rows(list).CopyTo(rows);
            _rows[list] = rows;
        }

        _counts[list] = count;
        _checked[list] = false;
        return _rows[list].AsSpan(0, count);
    }

    /// <summary>The address of a list's first row, which stays valid until the list grows.</summary>
    internal unsafe int* RowsPointer(int list) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_rows[list]));

    /// <summary>Checks, once after each change, that every list is ascending: kernels rely on it.</summary>
    /// <exception cref="ArgumentException">A list is not ascending, has duplicates or negative rows.</exception>
    internal void CheckRows()
    {
        for (int list = 0; list < _rows.Length; list++)
        {
            if (!_checked[list])
            {
                ReadOnlySpan<int> rows = Rows(list);
                for (int i = AscendingRows.Count(rows); i < rows.Length; i++)
                {
                    int before = i == 0 ? -1 : rows[i - 1];
                    if (rows[i] <= before)
                    {
                        throw new ArgumentException($"rows of a plan must ascend from 0 on without duplicates: list {list} has {rows[i]} after {before}");
                    }
                }

                _checked[list] = true;
            }
        }
    }
}
