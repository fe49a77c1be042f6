using System.Numerics;
using Winnow.Compute;
using Winnow.Vulkan.Attention;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan;

/// <summary>Attention of decode steps: partitions of rows are summed apart, and merged in order.</summary>
internal sealed unsafe partial class VulkanStream
{
    private const int MostSteps = 16;
    private const uint PartitionRows = 128;

    // What attend_step.comp may take, so that it runs where there are 16 KiB.
    private const uint MostSharedBytes = 16384;

    private void AttendSteps(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, Matrix output, Matrix? mass)
    {
        int steps = queries.Rows;
        int groupCount = GroupCount(shape, plan);
        Span<HeadGroup> groups = Groups(shape, layer, plan, firstPosition + steps, steps, out (MemoryRange Pages, MemoryRange Tables) reads, out ulong alignment);
        uint partitions = SetSteps(shape, layer, plan, firstPosition, groups, steps, out bool leavesRowsOut);
        ulong groupAddress = Stage<HeadGroup>(groups);
        AttentionInput input = Input(shape, queries, layer.Layout, firstPosition, groupCount);
        ulong inputAddress = Stage<AttentionInput>([input]);

        long partialFloats = (long)steps * shape.QueryHeads * partitions * (shape.ValueDimension + 2);
        VulkanBuffer memory = _attentionMemory.Reserve(((2L * shape.QueryHeads) + partialFloats) * sizeof(float));
        MemoryRange partials = new(memory.Address + (2UL * input.QueryHeads * sizeof(float)), (ulong)partialFloats * sizeof(float));
        MemoryRange statistics = new(memory.Address, 2UL * input.QueryHeads * sizeof(float));
        if (mass is { } scores && leavesRowsOut)
        {
            // Rows that nobody scores stay at a probability of e^−∞.
            FillRows(scores, float.NegativeInfinity);
        }

        (RowForm keyForm, RowForm valueForm) = (
            RowForms.Find(layer.Layout.KeyType, shape.HeadDimension, alignment | input.TokenBytes),
            RowForms.Find(layer.Layout.ValueType, shape.ValueDimension, alignment | input.TokenBytes | input.KeyBytes));
        // A capacity serves many shapes, so that there are fewer pipelines.
        uint keyCapacity = Math.Max(16, BitOperations.RoundUpToPowerOf2(((uint)shape.HeadDimension + 3) / 4));
        uint heads = HeadsOfGroup(input.Heads, keyCapacity);
        Commands.Dispatch(
            Kernel("attend_step", 0, (uint)keyForm, (uint)valueForm, heads, keyCapacity),
            new StepConstants(groupAddress, inputAddress, partials.Address, mass is { } m ? AddressOf(m) : 0, (uint)(mass?.Stride ?? 0), partitions),
            new WorkGroups(partitions, (uint)groupCount * Tiles((int)input.Heads, heads), (uint)steps),
            [RangeOf(queries), reads.Pages, reads.Tables],
            mass is { } written ? [partials, RangeOf(written)] : [partials]);
        Commands.Dispatch(
            Kernel("attend_merge"),
            new MergeConstants(
                groupAddress, inputAddress, partials.Address, AddressOf(output), mass is null ? 0 : statistics.Address, (uint)output.Stride, partitions),
            new WorkGroups(input.QueryHeads, (uint)steps),
            shape.Sinks is { } sinks ? [partials, RangeOf(sinks)] : [partials],
            mass is null ? [RangeOf(output)] : [RangeOf(output), statistics]);
        if (mass is { } probabilities)
        {
            Commands.Dispatch(
                Kernel("attend_step_mass"),
                new StepMassConstants(AddressOf(probabilities), statistics.Address, (uint)probabilities.Stride, (uint)probabilities.Columns),
                new WorkGroups(Tiles(probabilities.Columns, FillGroupSize), input.QueryHeads),
                [statistics, RangeOf(probabilities)],
                [RangeOf(probabilities)]);
        }
    }

    /// <summary>Gives each step of each group what it visits.</summary>
    /// <returns>The most partitions that any has.</returns>
    private static uint SetSteps(
        AttentionShape shape, KvLayer layer, AttentionPlan plan, int firstPosition, Span<HeadGroup> groups, int steps, out bool leavesRowsOut)
    {
        leavesRowsOut = LeavesRowsOut(layer, plan);
        uint most = 0;
        for (int i = 0; i < groups.Length; i += steps)
        {
            HeadGroup group = groups[i];
            VisitedRows rows = Rows(layer.GroupOf((int)group.FirstHead / shape.GroupSize), plan, i / steps, firstPosition + steps);
            for (int step = 0; step < steps; step++)
            {
                int position = firstPosition + step;
                int end = rows.CountUpTo(position);
                int begin = Math.Min(end, rows.CountUpTo(FirstVisible(shape, position) - 1));
                if (plan.SelectsQueries && (end == 0 || rows.Position(end - 1) != position))
                {
                    begin = end = 0;
                }

                group.Begin = (uint)begin;
                group.End = (uint)end;
                groups[i + step] = group;
                leavesRowsOut |= begin > 0;
                most = end > begin ? Math.Max(most, (((uint)end - 1) / PartitionRows) - ((uint)begin / PartitionRows) + 1) : most;
            }
        }

        return most;
    }

    /// <summary>Query heads that a workgroup takes, so that it reads their rows once: as many as fit.</summary>
    private static uint HeadsOfGroup(uint heads, uint keyCapacity)
    {
        uint most = heads >= 3 ? 4u : heads;
        while (most > 1 && most * ((16 * keyCapacity) + (4 * (PartitionRows + 128))) > MostSharedBytes)
        {
            most /= 2;
        }

        return most;
    }

    private readonly record struct StepConstants(ulong Groups, ulong Input, ulong Partials, ulong Mass, uint MassStride, uint Partitions);

    private readonly record struct MergeConstants(
        ulong Groups, ulong Input, ulong Partials, ulong Output, ulong Statistics, uint OutputStride, uint Partitions);

    private readonly record struct StepMassConstants(ulong Mass, ulong Statistics, uint Stride, uint Rows);
}
