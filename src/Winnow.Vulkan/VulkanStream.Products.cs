using Winnow.Compute;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Products;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan;

/// <summary>Products with weights: one form for steps, which read a weight for few rows, one for prompts, which share it among many.</summary>
internal sealed unsafe partial class VulkanStream
{
    private const uint VectorGroupSize = 64;

    // Workgroups of outputs on one axis; the others go to the third.
    private const uint MostVectorGroups = 32768;

    private string VectorShader => Context.Variants.UsesSubgroups ? "product_vector_subgroup" : "product_vector";

    public override void ProductAdd(Weight weight, Matrix input, Matrix product, Matrix target, float scale, int steps)
    {
        if (weight.Inputs != input.Columns || weight.Outputs != target.Columns || input.Rows != target.Rows)
        {
            throw new ArgumentException(
                $"{weight.Name} [{weight.Outputs}, {weight.Inputs}] cannot map [{input.Rows}, {input.Columns}] to [{target.Rows}, {target.Columns}]");
        }

        Multiply(weight, input, target, steps, adds: true, scale);
    }

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        for (int i = 0; i < weights.Length; i++)
        {
            Multiply(weights[i], input, outputs[i], steps, adds: false, scale: 1);
        }
    }

    private void Multiply(Weight weight, Matrix input, Matrix output, int steps, bool adds, float scale)
    {
        VulkanBuffer data = ((VulkanWeight)weight).Data;
        using CommandRecorder.Operation operation = Commands.Begin();
        if (steps > 0)
        {
            MultiplyVectors(data, weight.Type, input.RowSlice(0, steps), output.RowSlice(0, steps), adds, scale);
        }

        if (steps < input.Rows)
        {
            int prompt = input.Rows - steps;
            MultiplyMatrix(data, weight.Type, input.RowSlice(steps, prompt), output.RowSlice(steps, prompt), adds, scale);
        }
    }

    private void MultiplyVectors(VulkanBuffer weight, TensorType type, Matrix input, Matrix output, bool adds, float scale)
    {
        uint rows = input.Rows switch { 1 => 1, 2 => 2, <= 4 => 4, _ => 8 };
        uint outputs = OutputsOfGroup(rows);
        Commands.Dispatch(
            Kernel(VectorShader, VectorGroupSize, (uint)type, rows, outputs, IsAligned(input), 0, adds ? 1u : 0),
            Constants(weight, type, input, output, scale),
            VectorGroups(output.Columns, outputs, ((uint)input.Rows + rows - 1) / rows),
            adds ? [MemoryRange.Of(weight), RangeOf(input), RangeOf(output)] : [MemoryRange.Of(weight), RangeOf(input)],
            [RangeOf(output)]);
    }

    private void MultiplyMatrix(VulkanBuffer weight, TensorType type, Matrix input, Matrix output, bool adds, float scale)
    {
        MatrixTile tile = MatrixTile.For(Context.Variants, type, output.Columns, input.Rows);
        Commands.Dispatch(
            MatrixKernel(tile, type, input, hasExperts: false, adds),
            Constants(weight, type, input, output, scale),
            new WorkGroups(Tiles(output.Columns, tile.Outputs), Tiles(input.Rows, tile.Rows)),
            adds ? [MemoryRange.Of(weight), RangeOf(input), RangeOf(output)] : [MemoryRange.Of(weight), RangeOf(input)],
            [RangeOf(output)]);
        Commands.Spend((double)input.Rows * input.Columns * output.Columns);
    }

    private ShaderKernel MatrixKernel(MatrixTile tile, TensorType type, Matrix input, bool hasExperts, bool adds) => Kernel(
        tile.Shader, tile.Threads, (uint)type, tile.FirstConstant, tile.SecondConstant, IsAligned(input), hasExperts ? 1u : 0, adds ? 1u : 0);

    private static ProductConstants Constants(VulkanBuffer weight, TensorType type, Matrix input, Matrix output, float scale) => new(
        weight.Address, AddressOf(input), AddressOf(output), 0, 0, (uint)input.Columns, (uint)output.Columns, (uint)output.Rows,
        (uint)type.SizeBytes(input.Columns), (uint)input.Stride, (uint)output.Stride, 1, scale, 0, 0);

    /// <summary>Rows of a weight that a workgroup reads at once: more where there are few sums to keep.</summary>
    private static uint OutputsOfGroup(uint rows) => rows <= 4 ? 2u : 1;

    private static uint Tiles(int count, uint tile) => ((uint)count + tile - 1) / tile;

    private static WorkGroups VectorGroups(int outputs, uint outputsOfGroup, uint rowGroups)
    {
        uint groups = Tiles(outputs, outputsOfGroup);
        return groups <= MostVectorGroups
            ? new WorkGroups(groups, rowGroups)
            : new WorkGroups(MostVectorGroups, rowGroups, (groups + MostVectorGroups - 1) / MostVectorGroups);
    }

    /// <summary>1 where each row begins at a multiple of 16 bytes.</summary>
    private static uint IsAligned(Matrix matrix) => AddressOf(matrix) % 16 == 0 && (matrix.Stride % 4 == 0 || matrix.Rows <= 1) ? 1u : 0;
}
