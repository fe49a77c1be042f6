using Winnow.Compute;
using Winnow.Vulkan.Attention;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan;

/// <summary>Attention of a prompt's queries: tiles of them with tiles of rows.</summary>
internal sealed unsafe partial class VulkanStream
{
    private const uint TileRows = 64;

    // Elements of a head that a subgroup holds sums of, at most.
    private const int MostOfFragments = 128;

    /// <param name="shape">Heads.</param>
    /// <param name="queries">[tokens, queryHeads · headDimension].</param>
    /// <param name="layer">Pages.</param>
    /// <param name="firstPosition">The position of query 0.</param>
    /// <param name="plan">All, or lists.</param>
    /// <param name="output">[tokens, queryHeads · valueDimension]; null where only the mass is asked for.</param>
    /// <param name="mass">[queryHeads, rows], or null.</param>
    private void AttendPrompt(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, Matrix? output, Matrix? mass)
    {
        int length = firstPosition + queries.Rows;
        int groupCount = GroupCount(shape, plan);
        Span<HeadGroup> groups = Groups(shape, layer, plan, length, 1, out (MemoryRange Pages, MemoryRange Tables) reads, out ulong alignment);
        (uint mostQueries, uint mostRows) = SetQueries(layer, shape, plan, firstPosition, queries.Rows, groups);
        ulong groupAddress = Stage<HeadGroup>(groups);
        AttentionInput input = Input(shape, queries, layer.Layout, firstPosition, groupCount);
        ulong inputAddress = Stage<AttentionInput>([input]);
        RowForm keyForm = RowForms.Find(layer.Layout.KeyType, shape.HeadDimension, alignment | input.TokenBytes);
        RowForm valueForm = RowForms.Find(layer.Layout.ValueType, shape.ValueDimension, alignment | input.TokenBytes | input.KeyBytes);
        MemoryRange statistics = default;
        if (mass is not null)
        {
            long bytes = 2L * shape.QueryHeads * queries.Rows * sizeof(float);
            statistics = new MemoryRange(_attentionMemory.Reserve(bytes).Address, (ulong)bytes);
        }

        if (output is { } cleared && plan.SelectsQueries)
        {
            FillRows(cleared, 0);
        }

        ReadOnlySpan<MemoryRange> read = shape.Sinks is { } sinks
            ? [RangeOf(queries), reads.Pages, reads.Tables, RangeOf(sinks)]
            : [RangeOf(queries), reads.Pages, reads.Tables];
        (ShaderKernel kernel, uint tileQueries) = PromptKernel(shape, keyForm, valueForm, output is null, mass is not null);
        uint tiles = Tiles((int)(mostQueries * input.Heads), tileQueries);
        double workOfTile = (double)tileQueries * mostRows * (shape.HeadDimension + shape.ValueDimension) * groupCount;
        uint tilesOfDispatch = (uint)Math.Clamp(Commands.MostWork / Math.Max(workOfTile, 1), 1, 32768);
        for (uint first = 0; first < tiles; first += tilesOfDispatch)
        {
            Commands.Dispatch(
                kernel,
                new PromptConstants(
                    groupAddress, inputAddress, output is { } to ? AddressOf(to) : 0, statistics.Address, (uint)(output?.Stride ?? 0), first),
                new WorkGroups(Math.Min(tilesOfDispatch, tiles - first), (uint)groupCount),
                read,
                output is { } written ? [RangeOf(written), statistics] : [statistics]);
            Commands.Spend(workOfTile * Math.Min(tilesOfDispatch, tiles - first));
        }

        if (mass is { } probabilities)
        {
            if (LeavesRowsOut(layer, plan))
            {
                FillRows(probabilities, 0);
            }

            Commands.Dispatch(
                Kernel("attend_prompt_mass", 0, (uint)keyForm),
                new PromptMassConstants(groupAddress, inputAddress, statistics.Address, AddressOf(probabilities), (uint)probabilities.Stride),
                new WorkGroups((mostRows + TileRows - 1) / TileRows, input.QueryHeads),
                [RangeOf(queries), reads.Pages, reads.Tables, statistics],
                [RangeOf(probabilities)]);
        }
    }

    /// <summary>The kernel, and how many queries a tile of it has. Fragments round to f16: not for rows in f32, nor where mass is asked for besides.</summary>
    private (ShaderKernel Kernel, uint TileQueries) PromptKernel(AttentionShape shape, RowForm keyForm, RowForm valueForm, bool hasNoOutput, bool hasMass)
    {
        int key = shape.HeadDimension;
        int value = shape.ValueDimension;
        bool hasFragments = Context.Variants.UsesFragments && !hasNoOutput && !hasMass
            && key % 16 == 0 && value % 16 == 0 && Math.Max(key, value) <= MostOfFragments
            && (keyForm is RowForm.F16 or RowForm.Q8_0) && (valueForm is RowForm.F16 or RowForm.Q8_0);
        return hasFragments
            ? (Kernel(
                "attend_prompt_cooperative", Context.Variants.FragmentThreads, (uint)keyForm, (uint)valueForm, (uint)key / 16, (uint)value / 16), 64u)
            : (Kernel("attend_prompt", 0, (uint)keyForm, (uint)valueForm, hasNoOutput ? 0 : ((uint)value + 63) / 64), 32u);
    }

    /// <summary>Gives each group the queries that attend.</summary>
    /// <returns>The most queries and rows of any group.</returns>
    private static (uint Queries, uint Rows) SetQueries(
        KvLayer layer, AttentionShape shape, AttentionPlan plan, int firstPosition, int tokens, Span<HeadGroup> groups)
    {
        uint queries = 0;
        uint rows = 0;
        for (int i = 0; i < groups.Length; i++)
        {
            ref HeadGroup group = ref groups[i];
            group.QueryCount = (uint)tokens;
            if (plan.SelectsQueries)
            {
                VisitedRows visited = Rows(layer.GroupOf((int)group.FirstHead / shape.GroupSize), plan, i, firstPosition + tokens);
                int before = visited.CountUpTo(firstPosition - 1);
                group.Selected = group.Rows + ((ulong)before * sizeof(int));
                group.QueryCount = (uint)(visited.CountUpTo(firstPosition + tokens - 1) - before);
            }

            queries = Math.Max(queries, group.QueryCount);
            rows = Math.Max(rows, group.RowCount);
        }

        return (queries, rows);
    }

    private readonly record struct PromptConstants(
        ulong Groups, ulong Input, ulong Output, ulong Statistics, uint OutputStride, uint FirstTile);

    private readonly record struct PromptMassConstants(ulong Groups, ulong Input, ulong Statistics, ulong Mass, uint MassStride);
}
