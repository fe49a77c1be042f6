using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.DeviceTests.Reference;

/// <summary>
/// The oracle: every operation of the contract in scalar double precision, written to be obviously right. Other devices must
/// agree with it; it agrees with the goldens that PyTorch computed.
/// </summary>
internal sealed class ReferenceDevice : Device
{
    public override string Name => "reference";

    public override string Description => "scalar double precision";

    public override bool HasRecurrences => true;

    internal override DeviceBuffer Allocate(long sizeBytes) => new ReferenceBuffer(sizeBytes);

    internal override Weight LoadWeight(string name, TensorType type, int outputs, int inputs, nint data) =>
        new ReferenceWeight(name, type, outputs, inputs, data);

    internal override ComputeStream CreateStream() => new ReferenceStream(this);

    protected override void Dispose(bool disposing)
    {
    }
}
