using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Winnow.Compute.Host.Selection;

/// <summary>A plan in host memory. Filling it allocates nothing once it has grown.</summary>
internal sealed class HostPlan : AttentionPlan
{
    private readonly int[][] _rows;
    private readonly int[] _counts;
    private readonly bool[] _checked;
    private bool _readsAll;

    /// <summary>Creates a plan that will name rows.</summary>
    public HostPlan(AttentionPlanKind kind, int lists)
        : base(kind, lists)
    {
        _rows = new int[lists][];
        _counts = new int[lists];
        _checked = new bool[lists];
        Array.Fill(_rows, []);
    }

    /// <summary>Key blocks have no kernel on the host: every row is read.</summary>
    public override bool ReadsAll => _readsAll || Kind == AttentionPlanKind.KeyBlocks;

    /// <summary>What a device in host memory does with a plan: only kinds that it has kernels for are left, and no mass that is not to be written.</summary>
    /// <param name="plan">Of any kind.</param>
    /// <param name="mass">What the caller asks for; null afterwards where the plan leaves it out.</param>
    /// <returns><see cref="AttentionPlan.All"/>, or a plan of ascending rows.</returns>
    /// <exception cref="ArgumentException">A list is not ascending, has duplicates or negative rows.</exception>
    public static AttentionPlan Resolve(AttentionPlan plan, ref Matrix? mass)
    {
        if (plan.ReadsAll)
        {
            return All;
        }

        ((HostPlan)plan).CheckRows();
        mass = plan.IsConditional ? null : mass;
        return plan;
    }

    public override ReadOnlySpan<int> Rows(int list) => _rows[list].AsSpan(0, _counts[list]);

    /// <summary>Every row is read, whatever the lists name, until one is filled again.</summary>
    public void ReadAll() => _readsAll = true;

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

        _readsAll = false;
        _counts[list] = count;
        _checked[list] = false;
        return _rows[list].AsSpan(0, count);
    }

    /// <summary>The address of a list's first row, which stays valid until the list grows.</summary>
    public unsafe int* RowsPointer(int list) => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_rows[list]));

    /// <summary>Checks every list, once after each change.</summary>
    private void CheckRows()
    {
        for (int list = 0; list < _rows.Length; list++)
        {
            if (!_checked[list])
            {
                AscendingRows.Require(Rows(list), list);
                _checked[list] = true;
            }
        }
    }
}
