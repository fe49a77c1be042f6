using Winnow.Compute;
using Winnow.Vulkan.Attention;
using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan;

/// <summary>What both forms of attention tell the device: the shape, and which rows each group of heads visits.</summary>
internal sealed unsafe partial class VulkanStream
{
    private static AttentionInput Input(AttentionShape shape, Matrix queries, KvLayout layout, int firstPosition, int groups) => new()
    {
        Queries = AddressOf(queries),
        Sinks = shape.Sinks is { } sinks ? AddressOf(sinks) : 0,
        QueryStride = (uint)queries.Stride,
        Tokens = (uint)queries.Rows,
        FirstPosition = (uint)firstPosition,
        QueryHeads = (uint)shape.QueryHeads,
        Heads = (uint)(shape.QueryHeads / groups),
        KeyDimension = (uint)shape.HeadDimension,
        ValueDimension = (uint)shape.ValueDimension,
        KeyBytes = (uint)layout.KeyBytes,
        TokenBytes = (uint)layout.TokenBytes,
        Window = (uint)Math.Max(shape.Window, 0),
        Chunk = (uint)Math.Max(shape.Chunk, 0),
        IsCausal = shape.Causal ? 1u : 0,
        Scale = shape.Scale,
        SoftCap = shape.SoftCap,
    };

    /// <summary>How many groups of heads a plan makes: one for each list, or for each KV head.</summary>
    private static int GroupCount(AttentionShape shape, AttentionPlan plan) =>
        plan.Kind == AttentionPlanKind.PerQueryHead ? shape.QueryHeads : shape.KvHeads;

    private static int ListOf(AttentionPlan plan, int group) => plan.Kind == AttentionPlanKind.Shared ? 0 : group;

    private static int FirstVisible(AttentionShape shape, int position)
    {
        int first = shape.Window > 0 ? Math.Max(0, position - shape.Window + 1) : 0;
        return shape.Chunk > 0 ? Math.Max(first, position / shape.Chunk * shape.Chunk) : first;
    }

    /// <summary>Whether some rows before a query may be left out, whatever its window.</summary>
    private static bool LeavesRowsOut(KvLayer layer, AttentionPlan plan)
    {
        bool leaves = plan.Kind != AttentionPlanKind.All;
        foreach (KvGroup group in layer.Groups)
        {
            leaves |= group.IsMapped;
        }

        return leaves;
    }

    /// <summary>The rows that a group of heads visits.</summary>
    private static VisitedRows Rows(KvGroup keys, AttentionPlan plan, int group, int length)
    {
        bool isListed = plan.Kind != AttentionPlanKind.All;
        ReadOnlySpan<int> rows = isListed ? plan.Rows(ListOf(plan, group)) : [];
        return new VisitedRows(rows, isListed, keys.Positions, keys.IsMapped, isListed ? rows.Length : keys.IsMapped ? keys.Positions.Length : length);
    }

    /// <summary>The groups of heads that a plan makes, with all their rows; lists and maps go to the device.</summary>
    /// <param name="shape">Heads.</param>
    /// <param name="layer">Pages.</param>
    /// <param name="plan">All, or lists.</param>
    /// <param name="length">Positions before the end of the queries.</param>
    /// <param name="repeats">How many places each group takes: the first is filled in.</param>
    /// <param name="reads">Receives what of the layer is read: a range that holds every page, and one that holds every table of pages.</param>
    /// <param name="alignment">Receives the addresses of pages, joined by or.</param>
    private Span<HeadGroup> Groups(
        AttentionShape shape, KvLayer layer, AttentionPlan plan, int length, int repeats, out (MemoryRange Pages, MemoryRange Tables) reads, out ulong alignment)
    {
        int count = GroupCount(shape, plan);
        if (_groups.Length < count * repeats)
        {
            _groups = new HeadGroup[count * repeats];
        }

        ulong lists = StageLists(plan);
        reads = default;
        alignment = 0;
        int group = 0;
        foreach (KvGroup keys in layer.Groups)
        {
            PageTable table = _pages.Of(keys);
            reads = (Join(reads.Pages, table.Pages), Join(reads.Tables, table.Range));
            alignment |= table.Alignment | (uint)keys.Layout.HeadBytes;
            ulong positions = keys.IsMapped ? Stage(keys.Positions) : 0;
            int end = (keys.FirstHead + keys.Layout.KvHeads) * (count / shape.KvHeads);
            for (; group < end; group++)
            {
                bool isListed = plan.Kind != AttentionPlanKind.All;
                ulong rows = 0;
                if (isListed)
                {
                    rows = lists;
                    for (int list = 0; list < ListOf(plan, group); list++)
                    {
                        rows += (ulong)plan.Rows(list).Length * sizeof(int);
                    }
                }

                int firstHead = group * (shape.QueryHeads / count);
                _groups[group * repeats] = new HeadGroup
                {
                    Pages = table.Address,
                    Rows = rows,
                    Positions = positions,
                    RowCount = (uint)(isListed ? plan.Rows(ListOf(plan, group)).Length : keys.IsMapped ? keys.Positions.Length : length),
                    HeadOffset = (uint)keys.Layout.RowOffset((firstHead / shape.GroupSize) - keys.FirstHead, 0),
                    FirstHead = (uint)firstHead,
                };
            }
        }

        return _groups.AsSpan(0, count * repeats);
    }

    /// <summary>Copies the lists of a plan one behind the other to where commands read them.</summary>
    private ulong StageLists(AttentionPlan plan)
    {
        int total = 0;
        for (int list = 0; list < plan.Lists; list++)
        {
            total += plan.Rows(list).Length;
        }

        if (total == 0)
        {
            // An address that is not 0 marks a list, be it empty.
            return plan.Lists == 0 ? 0 : Stage<int>([0]);
        }

        if (_lists.Length < total)
        {
            _lists = new int[Math.Max(total, 2 * _lists.Length)];
        }

        int end = 0;
        for (int list = 0; list < plan.Lists; list++)
        {
            plan.Rows(list).CopyTo(_lists.AsSpan(end));
            end += plan.Rows(list).Length;
        }

        return Stage<int>(_lists.AsSpan(0, total));
    }

    private static MemoryRange Join(MemoryRange one, MemoryRange other)
    {
        if (one.Bytes == 0)
        {
            return other;
        }

        ulong first = Math.Min(one.Address, other.Address);
        return new MemoryRange(first, Math.Max(one.Address + one.Bytes, other.Address + other.Bytes) - first);
    }
}
