namespace Winnow.Compute;

/// <summary>
/// Which cache rows the queries of one call attend to: what an attention method asks for, a <see cref="RowSelector"/> fills in on
/// the device, and a kernel executes.
/// </summary>
/// <remarks>
/// Whatever the plan, causality holds (a query at position p sees rows r ≤ p) and so does the layer's sliding window. Rows are
/// visited in ascending order with the accumulation of the dense kernel: a plan that names every row gives the same bits as
/// <see cref="All"/>. Instances are reused from step to step. Their selector frees them.
/// </remarks>
internal abstract class AttentionPlan
{
    /// <summary>Describes a plan that will name rows.</summary>
    /// <param name="kind">Whose lists the plan holds.</param>
    /// <param name="lists">How many.</param>
    protected AttentionPlan(AttentionPlanKind kind, int lists)
    {
        Kind = kind;
        Lists = lists;
    }

    /// <summary>Every row.</summary>
    public static AttentionPlan All { get; } = new EveryRow();

    /// <summary>Whose lists the plan holds.</summary>
    public AttentionPlanKind Kind { get; }

    /// <summary>How many lists there are; 0 for <see cref="All"/>.</summary>
    public int Lists { get; }

    /// <summary>
    /// Whether a query that is not itself in its head's list gets zeros instead of attending (token-sparse prefill, which
    /// compresses queries together with keys and values).
    /// </summary>
    public bool SelectsQueries { get; init; }

    /// <summary>Rows of a block; 0 unless the plan is of <see cref="AttentionPlanKind.KeyBlocks"/>.</summary>
    public int BlockRows { get; init; }

    /// <summary>Queries of a tile; 0 unless the plan is of <see cref="AttentionPlanKind.KeyBlocks"/>.</summary>
    public int TileQueries { get; init; }

    /// <summary>
    /// Whether the device finds out by itself, when it gets there, if the named rows are read or all of them. The attention mass of
    /// such a plan is written only where all are read.
    /// </summary>
    public bool IsConditional { get; internal set; }

    /// <summary>Whether every row is read, as the device has decided. Waits for that: for measuring only.</summary>
    public abstract bool ReadsAll { get; }

    /// <summary>The rows of one list, ascending, without duplicates; those of key blocks are numbers of blocks. Waits for the device: for measuring only.</summary>
    public abstract ReadOnlySpan<int> Rows(int list);

    private sealed class EveryRow() : AttentionPlan(AttentionPlanKind.All, 0)
    {
        public override bool ReadsAll => true;

        public override ReadOnlySpan<int> Rows(int list) => throw new InvalidOperationException("a plan of every row has no lists");
    }
}
