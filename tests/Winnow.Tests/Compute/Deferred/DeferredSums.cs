using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>Sums that are added up late.</summary>
internal sealed class DeferredSums(DeferredDevice device, QuerySums inner) : QuerySums(inner.Shape)
{
    public QuerySums Inner => inner;

    public override SelectionState CreateLike() => new DeferredSums(device, (QuerySums)inner.CreateLike());

    public override void Save(StateBuffer target)
    {
        device.Wait();
        inner.Save(target);
    }

    internal override void CopyCore(QuerySums other)
    {
        QuerySums source = ((DeferredSums)other).Inner;
        device.Ask(() => inner.CopyFrom(source));
    }

    protected override long LoadCore(ref StateReader source)
    {
        device.Wait();
        inner.Load(ref source, 0);
        return inner.Tokens;
    }
}
