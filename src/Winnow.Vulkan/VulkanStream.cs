using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Vulkan.Commands;
using Winnow.Vulkan.Memory;
using Winnow.Vulkan.Native;
using Winnow.Vulkan.Shaders;

namespace Winnow.Vulkan;

/// <summary>Records operations for a GPU: each is a dispatch or a few, and nothing waits but what hands values to the host.</summary>
internal sealed unsafe partial class VulkanStream(VulkanDevice device) : ComputeStream
{
    public override Device Device => device;

    private VulkanContext Context => device.Context;

    private CommandRecorder Commands => device.Context.Commands;

    public override void Submit() => Commands.Submit();

    public override void Wait() => Commands.WaitForAll();

    protected override void WriteCore(ReadOnlySpan<float> source, Matrix target)
    {
        if (target.Rows == 0 || target.Columns == 0)
        {
            return;
        }

        if (target.Stride == target.Columns || target.Rows == 1)
        {
            target.Buffer.Write(target.Offset * sizeof(float), MemoryMarshal.AsBytes(source));
            return;
        }

        for (int row = 0; row < target.Rows; row++)
        {
            ReadOnlySpan<float> values = source.Slice(row * target.Columns, target.Columns);
            target.Buffer.Write((target.Offset + ((long)row * target.Stride)) * sizeof(float), MemoryMarshal.AsBytes(values));
        }
    }

    protected override void ReadCore(Matrix source, Span<float> target)
    {
        if (source.Rows == 0 || source.Columns == 0)
        {
            return;
        }

        if (source.Stride == source.Columns || source.Rows == 1)
        {
            source.Buffer.Read(source.Offset * sizeof(float), MemoryMarshal.AsBytes(target));
            return;
        }

        Matrix packed = Packed(source);
        CopyCore(source, packed);
        packed.Buffer.Read(0, MemoryMarshal.AsBytes(target));
        packed.Buffer.Dispose();
    }

    protected override Span<float> MapCore(Matrix source)
    {
        MemorySlice slice = ((VulkanBuffer)source.Buffer).Slice;
        if (slice.Mapped is null)
        {
            return [];
        }

        Span<float> values = new(slice.Mapped + (source.Offset * sizeof(float)), source.Rows * source.Columns);
        Commands.WaitForAll();
        Commands.CountRead((long)values.Length * sizeof(float));
        return values;
    }

    protected override void Dispose(bool disposing)
    {
        _productMemory.Dispose();
        _tensorProducts.Dispose();
        _expertMemory.Dispose();
        DisposeAttention();
    }

    private Matrix Packed(Matrix like) =>
        new(new VulkanBuffer(Context, (long)like.Rows * like.Columns * sizeof(float), clears: false), 0, like.Rows, like.Columns, like.Columns);

    /// <summary>A shader with constants; id 0 is the size of a workgroup.</summary>
    private ShaderKernel Kernel(string name, params ReadOnlySpan<uint> constants) => Context.Shaders.Get(name, constants);

    /// <summary>Copies values to where the commands of the operation at hand read them. Call inside an operation.</summary>
    /// <returns>The address of the first.</returns>
    private ulong Stage<T>(ReadOnlySpan<T> values)
        where T : unmanaged => Commands.Stage(MemoryMarshal.AsBytes(values)).Address;

    private static ulong AddressOf(Matrix matrix) => MemoryRange.AddressOf(matrix);

    private static MemoryRange RangeOf(Matrix matrix) => MemoryRange.Of(matrix);
}
