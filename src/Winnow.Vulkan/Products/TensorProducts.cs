using Winnow.Compute;
using Winnow.Tensors;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;

namespace Winnow.Vulkan.Products;

/// <summary>
/// Products with many rows in matrices of whole workgroups: activations and weights are first rounded to f16, a large weight slab by slab.
/// </summary>
internal sealed class TensorProducts(VulkanContext context) : IDisposable
{
    /// <summary>With fewer rows, it costs more to decode a weight for all of them than for each tile.</summary>
    public const int LeastRows = 256;

    /// <summary>What a stream takes besides for them: a slab, and the activations of a long chunk.</summary>
    public const long ReservedBytes = 2 * SlabBytes;

    /// <summary>Of a device with less free memory, none is given away for them.</summary>
    public const long LeastFreeBytes = 4L << 30;

    private const uint GroupSize = 256;
    private const uint Depth = 64;

    // Most weights as a whole: the parts of a larger one each leave processors idle at their end.
    private const long SlabBytes = 128 << 20;

    // Tiles of which a device of about 130 processors gets at least one each.
    private const long ManyTiles = 128;

    private readonly ScratchMemory _activations = new(context);
    private readonly ScratchMemory _slab = new(context);

    /// <summary>Whether a product is of the kind: floats would lose by rounding, and rows must begin at multiples of 16 bytes.</summary>
    public static bool Take(TensorType type, Matrix input, bool isAligned) => type != TensorType.F32 && input.Rows >= LeastRows && isAligned;

    /// <summary>Multiplies.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="type">Its type.</param>
    /// <param name="input">[rows, inputs].</param>
    /// <param name="output">[rows, outputs].</param>
    /// <param name="adds">Whether scale · product is added to what is there.</param>
    /// <param name="scale">The scale.</param>
    public void Multiply(VulkanBuffer weight, TensorType type, Matrix input, Matrix output, bool adds, float scale)
    {
        MemoryRange inputRange = MemoryRange.Of(input);
        MemoryRange outputRange = MemoryRange.Of(output);
        uint stride = Stride(input.Columns);
        MemoryRange activations = Reserve(_activations, input.Rows, input.Columns);
        Round(context, type, areActivations: true, inputRange, inputRange.Address, input.Rows, input.Columns, (uint)input.Stride * sizeof(float), activations);
        uint rowBytes = (uint)type.SizeBytes(input.Columns);
        int slab = (int)Math.Min(Math.Max(SlabBytes / (2 * stride) / 256 * 256, 256), output.Columns);
        for (int first = 0; first < output.Columns; first += slab)
        {
            int outputs = Math.Min(slab, output.Columns - first);
            MemoryRange halves = Reserve(_slab, outputs, input.Columns);
            Round(context, type, areActivations: false, MemoryRange.Of(weight), weight.Address + ((ulong)first * rowBytes), outputs, input.Columns, rowBytes, halves);
            (uint tileOutputs, uint tileRows) = Tile(outputs, input.Rows);
            context.Commands.Dispatch(
                context.Shaders.Get("product_matrix_tensor", WorkgroupMatrices.Threads, tileOutputs, tileRows, Depth, adds ? 1u : 0),
                new ProductConstants(
                    halves.Address, activations.Address, outputRange.Address + (sizeof(float) * (ulong)first), (uint)input.Columns, (uint)outputs, (uint)input.Rows,
                    stride, (uint)output.Stride, scale),
                new WorkGroups(((uint)outputs + tileOutputs - 1) / tileOutputs, ((uint)input.Rows + tileRows - 1) / tileRows),
                adds ? [halves, activations, outputRange] : [halves, activations],
                [outputRange]);
            context.Commands.Spend((double)input.Rows * input.Columns * outputs);
        }
    }

    public void Dispose()
    {
        _activations.Dispose();
        _slab.Dispose();
    }

    /// <summary>The largest tile of which there are enough to fill a large device.</summary>
    private static (uint Outputs, uint Rows) Tile(int outputs, int rows)
    {
        long tiles = ((outputs + 127L) / 128) * ((rows + 127L) / 128);
        return tiles >= ManyTiles ? (128u, 128u) : (64u, 128u);
    }

    /// <summary>Rows of a weight, or of what it is multiplied with, as rows of f16.</summary>
    /// <param name="context">The device.</param>
    /// <param name="type">The weight's type, which says in which order elements are added up.</param>
    /// <param name="areActivations">Whether the rows are floats.</param>
    /// <param name="source">What holds the rows.</param>
    /// <param name="address">Where the first of them begins.</param>
    /// <param name="rows">How many.</param>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="rowBytes">From one row to the next.</param>
    /// <param name="target">Gets [rows, <see cref="Stride"/>] f16; behind <paramref name="columns"/> they are 0.</param>
    internal static void Round(
        VulkanContext context, TensorType type, bool areActivations, MemoryRange source, ulong address, int rows, int columns, uint rowBytes, MemoryRange target) =>
        context.Commands.Dispatch(
            context.Shaders.Get("halves", GroupSize, (uint)type, areActivations ? 1u : 0),
            new RoundConstants(address, target.Address, (uint)rows, (uint)columns, rowBytes, Stride(columns)),
            WorkGroups.For(rows * (long)(Stride(columns) / 32), GroupSize),
            [source],
            [target]);

    /// <summary>Elements from one row of f16 to the next.</summary>
    internal static uint Stride(int columns) => ((uint)columns + 31) / 32 * 32;

    private static MemoryRange Reserve(ScratchMemory memory, int rows, int columns)
    {
        long bytes = (long)rows * Stride(columns) * 2;
        return new MemoryRange(memory.Reserve(bytes).Address, (ulong)bytes);
    }

    private readonly record struct RoundConstants(ulong Source, ulong Target, uint Rows, uint Columns, uint RowBytes, uint Stride);

    private readonly record struct ProductConstants(
        ulong Weight, ulong Inputs, ulong Outputs, uint InputCount, uint OutputCount, uint RowCount, uint WeightStride, uint OutputStride, float Scale);
}
