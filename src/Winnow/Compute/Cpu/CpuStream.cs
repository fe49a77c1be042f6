using System.Runtime.CompilerServices;

namespace Winnow.Compute.Cpu;

/// <summary>Runs each operation at once, on the device's pool. One file for each family of operations.</summary>
internal sealed unsafe partial class CpuStream(CpuDevice device) : ComputeStream
{
    private readonly CpuIsa _isa = device.Isa.ForFloats();
    private readonly WorkerPool _pool = device.Pool;

    public override Device Device => device;

    internal override void RunOnHost(IHostWork work, int parts) => _pool.Run(&RunPart, Unsafe.AsPointer(ref work), parts);

    internal override void CopyCore(Matrix source, Matrix target)
    {
        float* from = CpuBuffer.Of(source);
        float* to = CpuBuffer.Of(target);
        for (int row = 0; row < source.Rows; row++)
        {
            new ReadOnlySpan<float>(from + ((long)row * source.Stride), source.Columns)
                .CopyTo(new Span<float>(to + ((long)row * target.Stride), source.Columns));
        }
    }

    protected override void WriteCore(ReadOnlySpan<float> source, Matrix target)
    {
        float* data = CpuBuffer.Of(target);
        for (int row = 0; row < target.Rows; row++)
        {
            source.Slice(row * target.Columns, target.Columns).CopyTo(new Span<float>(data + ((long)row * target.Stride), target.Columns));
        }
    }

    protected override void ReadCore(Matrix source, Span<float> target)
    {
        float* data = CpuBuffer.Of(source);
        for (int row = 0; row < source.Rows; row++)
        {
            new ReadOnlySpan<float>(data + ((long)row * source.Stride), source.Columns).CopyTo(target.Slice(row * source.Columns, source.Columns));
        }
    }

    protected override Span<float> MapCore(Matrix source) => new(CpuBuffer.Of(source), checked(source.Rows * source.Columns));

    /// <summary>The state is the address of the caller's reference on its stack, where the garbage collector keeps it up to date.</summary>
    private static void RunPart(void* state, int part) => Unsafe.AsRef<IHostWork>(state).Run(part);
}
