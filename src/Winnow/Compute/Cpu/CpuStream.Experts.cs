namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    protected override void MixExpertsCore(ExpertWeights experts, Matrix scores, Matrix input, Matrix output) => throw new NotSupportedException();
}
