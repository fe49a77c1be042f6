using Winnow.Attention;
using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Tests.Attention;

/// <summary>A prompt is read by whatever prefill method its options name.</summary>
public sealed class PrefillMethodTests
{
    [Fact]
    public void A_prefill_method_that_the_engine_does_not_know_is_asked_too()
    {
        const int Prompt = 40;
        using AttentionRig rig = new(new AttentionOptions { Prefill = new Firsts() }, queryHeads: 2, kvHeads: 1);
        float[] output = rig.Prompt(Prompt)[0];
        double[] expected = rig.Attend(layer: 0, Prompt - 1, head: 0, [0, 1, 2]);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], output[((Prompt - 1) * 2 * expected.Length) + i], 1e-5);
        }
    }

    /// <summary>The first three rows.</summary>
    private sealed record Firsts : PrefillAttention
    {
        internal override string Specification => "firsts";

        internal override PrefillMethod CreateMethod(MethodSetup setup, RowSelector selector) => new Method(selector);

        private sealed class Method(RowSelector selector) : PrefillMethod
        {
            private readonly AttentionPlan _plan = selector.CreatePlan(AttentionPlanKind.Shared, 1);

            public override int Window => 1;

            public override bool Applies(int layer, int length) => true;

            public override AttentionPlan Select(in AttentionCall call, Matrix mass)
            {
                selector.SetRows(call.Stream, _plan, 0, [0, 1, 2]);
                return _plan;
            }
        }
    }
}
