using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using Winnow.Vulkan.Attention;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan;

/// <summary>Keys and values into pages, and attention over them.</summary>
internal sealed unsafe partial class VulkanStream
{
    private const uint FillGroupSize = 64;

    private readonly PageTables _pages = new(device.Context);
    private readonly ScratchMemory _attentionMemory = new(device.Context);

    // Room for the groups and lists of one call, reused.
    private HeadGroup[] _groups = [];
    private int[] _lists = [];

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstPosition)
    {
        if (keys.Rows == 0)
        {
            return;
        }

        KvLayout layout = layer.Layout;
        using CommandRecorder.Operation operation = Commands.Begin();
        foreach (KvGroup group in layer.Groups)
        {
            PageTable table = _pages.Of(group);
            int firstRow = group.RowOf(firstPosition);
            int heads = group.Layout.KvHeads;
            (RowForm keyForm, RowForm valueForm) = Forms(layout, group, table.Alignment);
            AppendConstants constants = new(
                table.Address,
                AddressOf(keys) + ((ulong)group.FirstHead * (ulong)layout.KeyDimension * sizeof(float)),
                AddressOf(values) + ((ulong)group.FirstHead * (ulong)layout.ValueDimension * sizeof(float)),
                (uint)keys.Stride, (uint)values.Stride, (uint)layout.KeyDimension, (uint)layout.ValueDimension, (uint)keys.Rows, (uint)heads,
                (uint)firstRow, (uint)layout.KeyBytes, (uint)layout.TokenBytes, (uint)group.Layout.HeadBytes);
            int firstPage = firstRow / KvLayout.PageTokens;
            int pages = ((firstRow + keys.Rows - 1) / KvLayout.PageTokens) - firstPage + 1;
            long parts = Tiles(layout.KeyDimension, PartOf(keyForm)) + Tiles(layout.ValueDimension, PartOf(valueForm));
            Commands.Dispatch(
                Kernel("append", FillGroupSize, (uint)keyForm, (uint)valueForm),
                constants,
                WorkGroups.For(keys.Rows * heads * parts, FillGroupSize),
                [RangeOf(keys), RangeOf(values), table.Range],
                [table.Hull(firstPage, pages, group.Layout.PageBytes)]);
        }
    }

    protected override void ReadKeysCore(KvLayer layer, int first, int step, RopeFrequencies? undo, Matrix keys)
    {
        if (keys.Rows == 0)
        {
            return;
        }

        KvGroup group = layer.Whole;
        KvLayout layout = layer.Layout;
        ulong[] rotations = [];
        if (undo is not null)
        {
            int[] positions = new int[keys.Rows];
            for (int i = 0; i < positions.Length; i++)
            {
                positions[i] = first + (i * step);
            }

            rotations = new ulong[positions.Length];
            device.Ropes.Locate(undo, positions, rotations);
        }

        using CommandRecorder.Operation operation = Commands.Begin();
        PageTable table = _pages.Of(group);
        ReadKeysConstants constants = new(
            table.Address, undo is null ? 0 : Stage<ulong>(rotations), AddressOf(keys), (uint)keys.Stride, (uint)layout.KeyDimension,
            (uint)layout.KvHeads, (uint)first, (uint)step, (uint)keys.Rows, (uint)(undo?.InverseFrequencies.Length ?? 0),
            undo is { Interleaved: true } ? 1u : 0, (uint)layout.TokenBytes, (uint)layout.HeadBytes,
            undo is null ? 1 : 1 / (undo.Magnitude * undo.Magnitude));
        long pairs = (long)keys.Rows * layout.KvHeads * ((layout.KeyDimension + 1) / 2);
        Commands.Dispatch(
            Kernel("read_keys", FillGroupSize, (uint)Forms(layout, group, table.Alignment).Key), constants, WorkGroups.For(pairs, FillGroupSize),
            [table.Range, table.Pages], [RangeOf(keys)]);
    }

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, bool isStep, Matrix output, Matrix? mass)
    {
        plan = HostPlan.Resolve(plan, ref mass);
        if (queries.Rows == 0)
        {
            return;
        }

        using CommandRecorder.Operation operation = Commands.Begin();
        if (!isStep)
        {
            AttendPrompt(shape, queries, layer, firstPosition, plan, output, mass);
            return;
        }

        // Some steps at a time, so that their partial sums take no more memory than those of a long context.
        for (int first = 0; first < queries.Rows; first += MostSteps)
        {
            int count = Math.Min(MostSteps, queries.Rows - first);
            AttendSteps(shape, queries.RowSlice(first, count), layer, firstPosition + first, plan, output.RowSlice(first, count), mass);
        }
    }

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass)
    {
        using CommandRecorder.Operation operation = Commands.Begin();
        AttendPrompt(shape, queries, layer, firstPosition, AttentionPlan.All, null, mass);
    }

    /// <summary>Elements of a row that a thread stores.</summary>
    private static uint PartOf(RowForm form) => form is RowForm.Q8_0 or RowForm.Q4_0 ? 32u : 8;

    private static (RowForm Key, RowForm Value) Forms(KvLayout layout, KvGroup group, ulong pages)
    {
        ulong rows = pages | (uint)layout.TokenBytes | (uint)group.Layout.HeadBytes;
        return (
            RowForms.Find(layout.KeyType, layout.KeyDimension, rows),
            RowForms.Find(layout.ValueType, layout.ValueDimension, rows | (uint)layout.KeyBytes));
    }

    private void FillRows(Matrix values, float value)
    {
        const int MostRows = 32768;
        for (int first = 0; first < values.Rows; first += MostRows)
        {
            Matrix part = values.RowSlice(first, Math.Min(MostRows, values.Rows - first));
            Commands.Dispatch(
                Kernel("attend_fill"),
                new FillRowsConstants(AddressOf(part), (uint)part.Stride, (uint)part.Columns, value),
                new WorkGroups(Tiles(part.Columns, FillGroupSize), (uint)part.Rows),
                [],
                [RangeOf(part)]);
        }
    }

    private void DisposeAttention()
    {
        _pages.Dispose();
        _attentionMemory.Dispose();
    }

    private readonly record struct AppendConstants(
        ulong Pages, ulong Keys, ulong Values, uint KeyStride, uint ValueStride, uint KeyDimension, uint ValueDimension, uint Tokens, uint KvHeads,
        uint FirstRow, uint KeyBytes, uint TokenBytes, uint HeadBytes);

    private readonly record struct ReadKeysConstants(
        ulong Pages, ulong Rotations, ulong Keys, uint Stride, uint KeyDimension, uint KvHeads, uint First, uint Step, uint Count, uint Pairs,
        uint Interleaved, uint TokenBytes, uint HeadBytes, float Factor);

    private readonly record struct FillRowsConstants(ulong Values, uint Stride, uint Columns, float Value);
}
