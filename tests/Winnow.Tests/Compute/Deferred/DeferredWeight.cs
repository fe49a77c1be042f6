using Winnow.Compute;

namespace Winnow.Tests.Compute.Deferred;

/// <summary>A weight of the device that does the work.</summary>
internal sealed class DeferredWeight(Weight inner) : Weight(inner.Name, inner.Type, inner.Outputs, inner.Inputs)
{
    public static Weight Of(Weight weight) => ((DeferredWeight)weight).Inner;

    public static ExpertMatrix Of(ExpertMatrix experts) =>
        new ExpertList([.. Enumerable.Range(0, experts.Count).Select(expert => Of(((ExpertList)experts)[expert]))]);

    private Weight Inner => inner;

    protected override void Dispose(bool disposing) => inner.Dispose();
}
