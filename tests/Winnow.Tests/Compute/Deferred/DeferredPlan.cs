using Winnow.Compute;
using Winnow.Compute.Host.Selection;

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

    /// <summary>The plan of the device that does the work; one that the host has made, as it is now.</summary>
    public static AttentionPlan Of(AttentionPlan plan) => plan switch
    {
        DeferredPlan deferred => deferred.Inner,
        HostPlan { ReadsAll: false } made => Copy(made),
        _ => AttentionPlan.All,
    };

    public override ReadOnlySpan<int> Rows(int list)
    {
        device.Wait();
        return inner.Rows(list);
    }

    private static HostPlan Copy(HostPlan made)
    {
        HostPlan copy = new(made.Kind, made.Lists) { SelectsQueries = made.SelectsQueries, IsConditional = made.IsConditional };
        for (int list = 0; list < made.Lists; list++)
        {
            made.Rows(list).CopyTo(copy.Resize(list, made.Rows(list).Length));
        }

        return copy;
    }
}
