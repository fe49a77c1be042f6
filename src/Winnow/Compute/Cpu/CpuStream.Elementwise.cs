namespace Winnow.Compute.Cpu;

internal sealed unsafe partial class CpuStream
{
    protected override void RmsNormCore(Matrix input, Matrix weight, float epsilon, Matrix output) => throw new NotSupportedException();

    protected override void LayerNormCore(Matrix input, Matrix weight, Matrix? bias, float epsilon, Matrix output) => throw new NotSupportedException();

    protected override void GateCore(Activation activation, Matrix gate, Matrix up, Matrix output) => throw new NotSupportedException();

    protected override void ActivateCore(Activation activation, Matrix values) => throw new NotSupportedException();

    protected override void AddCore(Matrix target, Matrix addend, float scale) => throw new NotSupportedException();

    protected override void ScaleCore(Matrix values, float factor) => throw new NotSupportedException();

    protected override void SoftCapCore(Matrix values, float cap) => throw new NotSupportedException();

    protected override void Dispose(bool disposing) => _matMulScratch.Dispose();
}
