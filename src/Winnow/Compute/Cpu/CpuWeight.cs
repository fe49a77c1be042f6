using Winnow.Compute.Cpu.MatMul.Kernels;
using Winnow.Tensors;

namespace Winnow.Compute.Cpu;

/// <summary>A weight in host memory, usually a mapped file.</summary>
internal sealed unsafe class CpuWeight(string name, TensorType type, int outputs, int inputs, byte* data, CpuIsa isa)
    : Weight(name, type, outputs, inputs)
{
    /// <summary>The first byte of row 0.</summary>
    public byte* Data { get; } = data;

    /// <summary>Bytes of a row.</summary>
    public long RowBytes { get; } = type.SizeBytes(inputs);

    /// <summary>What multiplies with it.</summary>
    public WeightKernels Kernels { get; } = WeightKernels.For(type, isa);

    protected override void Dispose(bool disposing)
    {
    }
}
