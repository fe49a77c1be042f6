using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>A ranking that is made late.</summary>
internal sealed class DeferredRanking(DeferredDevice device, RankedRows inner) : RankedRows(inner.Shape, inner.KeepsQuery)
{
    public RankedRows Inner => inner;

    public override SelectionState CreateLike() => new DeferredRanking(device, (RankedRows)inner.CreateLike());

    public override void Save(StateBuffer target)
    {
        device.Wait();
        inner.Save(target);
    }

    internal override void CopyCore(RankedRows other)
    {
        RankedRows source = ((DeferredRanking)other).Inner;
        device.Ask(() => inner.CopyFrom(source));
    }

    protected override int LoadCore(ref StateReader source, int length)
    {
        device.Wait();
        inner.Load(ref source, length);
        return inner.Count;
    }
}
