namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    protected override void EmbedCore(Weight table, ReadOnlySpan<int> ids, Matrix output) => throw new NotSupportedException();

    protected override void MatMulCore(ReadOnlySpan<Weight> weights, Matrix input, ReadOnlySpan<Matrix> outputs) => throw new NotSupportedException();
}
