namespace Winnow.Compute.Host.Selection;

/// <summary>
/// Selections on the host: what the CPU does, and what any other device falls back on. Masses and queries are mapped, which waits on
/// a device that is late.
/// </summary>
/// <remarks>One file for each family of methods. Plans and states are managed memory, which nobody has to free; keys that are read back are not.</remarks>
internal sealed partial class HostSelector : RowSelector
{
    private readonly TopRows _top = new();
    private float[] _mass = [];

    public override void TakeEnds(ComputeStream stream, int sinks, int window, int length, AttentionPlan plan)
    {
        Span<int> rows = ((HostPlan)plan).Resize(0, sinks + window);
        Count(rows[..sinks], 0);
        Count(rows[sinks..], length - window);
    }

    public override void Count(ComputeStream stream, AttentionPlan plan, int kvHeads, int visible, int layer, bool isObserved, IPlanCounter counter)
    {
        long dense = (long)visible * kvHeads;
        long attended = 0;
        for (int list = 0; !plan.ReadsAll && list < plan.Lists; list++)
        {
            attended += (long)plan.Rows(list).Length * (plan.Kind == AttentionPlanKind.Shared ? kvHeads : 1);
        }

        counter.Count(layer, plan.ReadsAll ? dense : attended, dense, !plan.ReadsAll, isObserved && (plan.ReadsAll || !plan.IsConditional));
    }

    public override void Dispose() => _readBack?.Buffer.Dispose();

    protected override AttentionPlan CreatePlanCore(AttentionPlanKind kind, int lists, bool selectsQueries) =>
        new HostPlan(kind, lists) { SelectsQueries = selectsQueries };

    protected override void SetRowsCore(ComputeStream stream, AttentionPlan plan, int list, ReadOnlySpan<int> rows) =>
        rows.CopyTo(((HostPlan)plan).Resize(list, rows.Length));

    /// <summary>Fills with consecutive numbers.</summary>
    private static void Count(Span<int> rows, int first)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = first + i;
        }
    }

    private static void Grow(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new float[Math.Max(length, 2 * buffer.Length)];
        }
    }
}
