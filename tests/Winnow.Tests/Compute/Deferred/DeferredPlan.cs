using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>A plan that is filled late.</summary>
internal sealed class DeferredPlan(DeferredDevice device, AttentionPlan inner) : AttentionPlan(inner.Kind, inner.Lists)
{
    public override bool ReadsAll
    {
        get
        {
            device.Wait();
            return inner.ReadsAll;
        }
    }

    private AttentionPlan Inner => inner;

    public static AttentionPlan Of(AttentionPlan plan) => plan is DeferredPlan deferred ? deferred.Inner : plan;

    public override ReadOnlySpan<int> Rows(int list)
    {
        device.Wait();
        return inner.Rows(list);
    }
}
