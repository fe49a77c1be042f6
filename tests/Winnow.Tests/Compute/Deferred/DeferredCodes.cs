using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>Codes that are made late.</summary>
internal sealed class DeferredCodes(DeferredDevice device, CodedKeys inner) : CodedKeys(inner.Shape)
{
    public CodedKeys Inner => inner;

    public override long SizeBytes => inner.SizeBytes;

    public override long CodebookBytes => inner.CodebookBytes;

    public override SelectionState CreateLike() => new DeferredCodes(device, (CodedKeys)inner.CreateLike());

    public override void Save(StateBuffer target)
    {
        device.Wait();
        inner.Save(target);
    }

    protected override void TruncateCore(int length) => device.Ask(() => inner.Truncate(length));

    internal override void CopyCore(CodedKeys other)
    {
        CodedKeys source = ((DeferredCodes)other).Inner;
        device.Ask(() => inner.CopyFrom(source));
    }

    protected override int LoadCore(ref StateReader source, int length)
    {
        device.Wait();
        inner.Load(ref source, length);
        return inner.Length;
    }
}
