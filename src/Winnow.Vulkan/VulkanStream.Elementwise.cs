using Winnow.Compute;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;

namespace Winnow.Vulkan;

/// <summary>Norms, rotations, activations and sums.</summary>
internal sealed unsafe partial class VulkanStream
{
    private const uint GroupSize = 256;

    /// <summary>What <c>unary.comp</c> does; activations follow the last.</summary>
    private enum UnaryFunction : uint
    {
        Copy,
        Scale,
        SoftCap,
        Clamp,
        Activate,
    }

    public override void FillRandomly(Matrix target, ulong seed)
    {
        FillConstants constants = new(AddressOf(target), (uint)target.Rows, (uint)target.Columns, (uint)target.Stride, (uint)(seed ^ (seed >> 32)));
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(Kernel("fill_randomly", GroupSize), constants, GroupsOf(target), [], [RangeOf(target)]);
    }

    protected override void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output)
    {
        VulkanBuffer data = ((VulkanWeight)table).Data;
        using CommandRecorder.Operation operation = Commands.Begin();
        EmbedConstants constants = new(
            data.Address, Stage(ids), AddressOf(output), (uint)output.Rows, (uint)output.Columns, (uint)output.Stride, (uint)table.Type.SizeBytes(table.Inputs));
        WorkGroups groups = WorkGroups.For(output.Rows * ((output.Columns + 15L) / 16), GroupSize);
        Commands.Dispatch(Kernel("embed", GroupSize, (uint)table.Type), constants, groups, [MemoryRange.Of(data)], [RangeOf(output)]);
    }

    protected override void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output)
    {
        uint groups = (uint)(input.Columns / weight.Columns);
        RmsNormConstants constants = new(
            AddressOf(input), AddressOf(weight), AddressOf(output), (uint)input.Rows, (uint)weight.Columns, groups,
            (uint)input.Stride, (uint)output.Stride, epsilon);
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(
            Kernel("rms_norm", NormGroupSize(weight.Columns)), constants, WorkGroups.Linear((long)input.Rows * groups),
            [RangeOf(input), RangeOf(weight)], [RangeOf(output)]);
    }

    protected override void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output)
    {
        LayerNormConstants constants = new(
            AddressOf(input), AddressOf(weight), bias is { } given ? AddressOf(given) : 0, AddressOf(output), (uint)input.Rows, (uint)input.Columns,
            (uint)input.Stride, (uint)output.Stride, epsilon);
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(
            Kernel("layer_norm", NormGroupSize(weight.Columns), bias is null ? 0u : 1), constants, WorkGroups.Linear(input.Rows),
            [RangeOf(input), RangeOf(weight), bias is { } read ? RangeOf(read) : default], [RangeOf(output)]);
    }

    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, ReadOnlySpan<int> positions)
    {
        uint heads = (uint)(rows.Columns / headDimension);
        uint pairs = (uint)frequencies.InverseFrequencies.Length;
        Span<ulong> tables = positions.Length <= 256 ? stackalloc ulong[positions.Length] : new ulong[positions.Length];
        device.Ropes.Locate(frequencies, positions, tables);
        using CommandRecorder.Operation operation = Commands.Begin();
        RopeConstants constants = new(
            AddressOf(rows), Stage<ulong>(tables), (uint)rows.Rows, heads, (uint)headDimension, pairs, (uint)rows.Stride);
        Commands.Dispatch(
            Kernel("rope", GroupSize, frequencies.Interleaved ? 1u : 0), constants, WorkGroups.For((long)rows.Rows * heads * pairs, GroupSize),
            [RangeOf(rows)], [RangeOf(rows)]);
    }

    protected override void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output)
    {
        GateConstants constants = new(
            AddressOf(gate), AddressOf(up), AddressOf(output), (uint)output.Rows, (uint)output.Columns,
            (uint)gate.Stride, (uint)up.Stride, (uint)output.Stride);
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(Kernel("gate", GroupSize, (uint)activation), constants, GroupsOf(output), [RangeOf(gate), RangeOf(up)], [RangeOf(output)]);
    }

    protected override void AddCore(Matrix target, Matrix addend, float scale)
    {
        AddConstants constants = new(
            AddressOf(target), AddressOf(addend), (uint)target.Rows, (uint)target.Columns, (uint)target.Stride,
            addend.Rows == 1 ? 0 : (uint)addend.Stride, scale);
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(Kernel("add", GroupSize), constants, GroupsOf(target), [RangeOf(addend), RangeOf(target)], [RangeOf(target)]);
    }

    protected override void ActivateCore(Activation activation, Matrix values) =>
        Unary(UnaryFunction.Activate + (uint)activation, values, values, 0);

    protected override void ScaleCore(Matrix values, float factor) => Unary(UnaryFunction.Scale, values, values, factor);

    protected override void ClampCore(Matrix values, float limit) => Unary(UnaryFunction.Clamp, values, values, limit);

    protected override void SoftCapCore(Matrix values, float cap) => Unary(UnaryFunction.SoftCap, values, values, cap);

    internal override void CopyCore(Matrix source, Matrix target) => Unary(UnaryFunction.Copy, source, target, 0);

    private static WorkGroups GroupsOf(Matrix matrix) => WorkGroups.For((long)matrix.Rows * matrix.Columns, GroupSize);

    /// <summary>As many invocations as there is work for: a power of two from 32 to 256.</summary>
    private static uint NormGroupSize(int width) => width <= 64 ? 32u : width <= 256 ? 64u : GroupSize;

    private void Unary(UnaryFunction function, Matrix source, Matrix target, float factor)
    {
        UnaryConstants constants = new(
            AddressOf(source), AddressOf(target), (uint)target.Rows, (uint)target.Columns, (uint)source.Stride, (uint)target.Stride, factor);
        using CommandRecorder.Operation operation = Commands.Begin();
        Commands.Dispatch(Kernel("unary", GroupSize, (uint)function), constants, GroupsOf(target), [RangeOf(source)], [RangeOf(target)]);
    }

    private readonly record struct UnaryConstants(
        ulong Source, ulong Target, uint Rows, uint Columns, uint SourceStride, uint TargetStride, float Factor);

    private readonly record struct AddConstants(
        ulong Target, ulong Addend, uint Rows, uint Columns, uint TargetStride, uint AddendStride, float Scale);

    private readonly record struct GateConstants(
        ulong Gate, ulong Up, ulong Target, uint Rows, uint Columns, uint GateStride, uint UpStride, uint TargetStride);

    private readonly record struct RmsNormConstants(
        ulong Source, ulong Weight, ulong Target, uint Rows, uint Width, uint GroupsOfRow, uint SourceStride, uint TargetStride, float Epsilon);

    private readonly record struct LayerNormConstants(
        ulong Source, ulong Weight, ulong Bias, ulong Target, uint Rows, uint Width, uint SourceStride, uint TargetStride, float Epsilon);

    private readonly record struct RopeConstants(
        ulong Values, ulong Tables, uint Rows, uint Heads, uint HeadDimension, uint Pairs, uint Stride);

    private readonly record struct EmbedConstants(
        ulong Table, ulong Ids, ulong Target, uint Rows, uint Columns, uint TargetStride, uint RowBytes);

    private readonly record struct FillConstants(ulong Target, uint Rows, uint Columns, uint Stride, uint Seed);
}
