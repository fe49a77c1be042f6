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
    private const uint QuantizeGroupSize = 32;

    // Workgroups of outputs on one axis; the others go to the third.
    private const uint MostVectorGroups = 32768;

    private readonly ScratchMemory _productMemory = new(device.Context);
    private readonly TensorProducts _tensorProducts = new(device.Context);

    public override void ProductAdd(Weight weight, Matrix input, Matrix product, Matrix target, float scale, int steps)
    {
        if (weight.Inputs != input.Columns || weight.Outputs != target.Columns || input.Rows != target.Rows)
        {
            throw new ArgumentException(
                $"{weight.Name} [{weight.Outputs}, {weight.Inputs}] cannot map [{input.Rows}, {input.Columns}] to [{target.Rows}, {target.Columns}]");
        }

        using CommandRecorder.Operation operation = Commands.Begin();
        MemoryRange bytes = steps > 0 && TakesBytes(weight.Type) ? Quantize(input.RowSlice(0, steps)) : default;
        Multiply(weight, input, bytes, target, steps, adds: true, scale);
    }

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        // Weights that share an input share its bytes.
        using CommandRecorder.Operation operation = Commands.Begin();
        Matrix vectors = input.RowSlice(0, steps);
        MemoryRange bytes = default;
        for (int i = 0; i < weights.Length; i++)
        {
            if (bytes.Bytes == 0 && steps > 0 && TakesBytes(weights[i].Type))
            {
                bytes = Quantize(vectors);
            }

            Multiply(weights[i], input, bytes, outputs[i], steps, adds: false, scale: 1);
        }
    }

    private void Multiply(Weight weight, Matrix input, MemoryRange bytes, Matrix output, int steps, bool adds, float scale)
    {
        VulkanBuffer data = ((VulkanWeight)weight).Data;
        if (steps > 0)
        {
            MultiplyVectors(data, weight.Type, input.RowSlice(0, steps), bytes, output.RowSlice(0, steps), adds, scale);
        }

        if (steps < input.Rows)
        {
            int prompt = input.Rows - steps;
            MultiplyMatrix(data, weight.Type, input.RowSlice(steps, prompt), output.RowSlice(steps, prompt), adds, scale);
        }
    }

    private void MultiplyVectors(VulkanBuffer weight, TensorType type, Matrix input, MemoryRange bytes, Matrix output, bool adds, float scale)
    {
        (string shader, MemoryRange vectors) = VectorInput(type, input, bytes);
        uint rows = input.Rows switch { 1 => 1, 2 => 2, <= 4 => 4, _ => 8 };
        uint outputs = OutputsOfGroup(rows);
        Commands.Dispatch(
            Kernel(shader, VectorGroupSize, (uint)type, rows, outputs, IsAligned(input), 0, adds ? 1u : 0),
            Constants(weight, type, input, output, scale) with { Input = vectors.Address },
            VectorGroups(output.Columns, outputs, ((uint)input.Rows + rows - 1) / rows),
            adds ? [MemoryRange.Of(weight), vectors, RangeOf(output)] : [MemoryRange.Of(weight), vectors],
            [RangeOf(output)]);
    }

    /// <summary>The shader of steps, and what it reads: the input, or its bytes.</summary>
    private (string Shader, MemoryRange Vectors) VectorInput(TensorType type, Matrix input, MemoryRange bytes) => TakesBytes(type)
        ? ("product_vector_dot", bytes)
        : (Context.Variants.UsesSubgroups ? "product_vector_subgroup" : "product_vector", RangeOf(input));

    private bool TakesBytes(TensorType type) => Context.Variants.UsesIntegers && type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16);

    /// <summary>Rounds rows to bytes, in blocks of 32.</summary>
    /// <returns>Where they are until the next call.</returns>
    private MemoryRange Quantize(Matrix rows)
    {
        const int BlockBytes = 48;
        long blocks = (rows.Columns + 31) / 32 * (long)rows.Rows;
        MemoryRange bytes = new(_productMemory.Reserve(blocks * BlockBytes).Address, (ulong)(blocks * BlockBytes));
        Commands.Dispatch(
            Kernel("quantize", QuantizeGroupSize),
            new QuantizeConstants(AddressOf(rows), bytes.Address, (uint)rows.Rows, (uint)rows.Columns, (uint)rows.Stride),
            WorkGroups.For(blocks, QuantizeGroupSize),
            [RangeOf(rows)],
            [bytes]);
        return bytes;
    }

    private void MultiplyMatrix(VulkanBuffer weight, TensorType type, Matrix input, Matrix output, bool adds, float scale)
    {
        if (Context.Variants.UsesTensors && TensorProducts.Take(type, input, IsAligned(input) != 0))
        {
            _tensorProducts.Multiply(weight, type, input, output, adds, scale);
            return;
        }

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

    private readonly record struct QuantizeConstants(ulong Source, ulong Target, uint Rows, uint Width, uint Stride);

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
