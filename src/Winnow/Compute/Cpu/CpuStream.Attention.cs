namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    protected override void RopeCore(Matrix rows, int headDimension, RopeFrequencies frequencies, int firstPosition) => throw new NotSupportedException();

    protected override void AppendCore(KvLayer layer, Matrix keys, Matrix values, int firstRow) => throw new NotSupportedException();

    protected override void AttendCore(
        AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, AttentionPlan plan, Matrix output, Matrix? mass) =>
        throw new NotSupportedException();

    protected override void AttentionMassCore(AttentionShape shape, Matrix queries, KvLayer layer, int firstPosition, Matrix mass) =>
        throw new NotSupportedException();
}
