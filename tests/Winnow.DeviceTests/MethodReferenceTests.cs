using Winnow.Attention;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;

namespace Winnow.DeviceTests;

/// <summary>Every method against an independent float64 reference: logits along forced tokens, and the rows that were read.</summary>
public abstract class MethodReferenceTests
{
    private const float Tolerance = 2e-3f;

    [Fact]
    public void Recycled_attention_follows_the_reference() => Check("recycled");

    [Fact]
    public void Delta_follows_the_reference() => Check("delta");

    [Fact]
    public void Token_sparse_attention_follows_the_reference() => Check("token-sparse");

    [Fact]
    public void A2ats_follows_the_reference() => Check("a2ats");

    /// <summary>The longest prompt of a case that is tried: a device that is slow here may leave longer ones out.</summary>
    protected virtual int LongestPrompt => int.MaxValue;

    /// <summary>How many cases of each method are tried, of those in the repository and of the shared ones.</summary>
    protected virtual int MostCases => int.MaxValue;

    /// <summary>Creates the device under test, or skips where this machine has none.</summary>
    private protected abstract Device CreateDevice();

    /// <summary>Puts layers on devices that the test disposes.</summary>
    private protected virtual LayerDevices Place(int layers) => CreateDevice();

    private void Check(string method)
    {
        List<string> failures = [];
        MethodCase[] cases =
        [
            .. Chosen(MethodCase.ReadGenerated()),
            .. Chosen(MethodCase.ReadShared()),
        ];
        Assert.NotEmpty(cases);
        foreach (MethodCase one in cases)
        {
            Check(one, failures);
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));

        IEnumerable<MethodCase> Chosen(IEnumerable<MethodCase> all) => all
            .Where(one => one.Name.StartsWith(method, StringComparison.Ordinal) && one.PromptIds.Length <= LongestPrompt)
            .Take(MostCases);
    }

    private void Check(MethodCase one, List<string> failures)
    {
        LayerDevices? devices = null;
        try
        {
            using Model model = Model.Load(one.Model, memory => devices = Place(memory.Layers));
            Check(one, model, failures);
        }
        finally
        {
            foreach (Device device in devices?.All ?? [])
            {
                device.Dispose();
            }
        }
    }

    private static void Check(MethodCase one, Model model, List<string> failures)
    {
        int context = one.PromptIds.Length + one.ForcedIds.Length;
        using TokenReader reader = new(model, context, AttentionOptions.Parse(one.Specification), kvType: TensorType.F32);
        using SafetensorsFile reference = SafetensorsFile.Open(one.File);
        bool everyLogit = reference.Tensors.ContainsKey("logits");
        float[] expected = reference.Tensors[everyLogit ? "logits" : "logits_every_64"].ToSingles();
        float[] expectedPrompt = reference.Tensors[everyLogit ? "prompt_logits" : "prompt_logits_every_64"].ToSingles();
        long[] expectedRows = reference.Tensors["attended_rows"].ToInt64s();
        int layers = model.Info.Layers;
        int heads = model.Info.KvHeads;
        int step = 0;
        reader.Attention.Observer = (in AttentionCall call, AttentionPlan plan) =>
        {
            for (int head = 0; head < heads; head++)
            {
                int list = plan.Kind == AttentionPlanKind.Shared ? 0 : head;
                int rows = plan.Kind == AttentionPlanKind.All ? call.Length : plan.Rows(list).Length;
                long wanted = expectedRows[((((step - 1) * layers) + call.Layer) * heads) + head];
                if (rows != wanted)
                {
                    failures.Add($"{one.Name}: step {step}, layer {call.Layer}, head {head} reads {rows} rows, not {wanted}");
                }

                foreach (MethodCase.Sample sample in one.Samples)
                {
                    if (sample.Step == step && sample.Layer == call.Layer && sample.KvHead == head && plan.Kind != AttentionPlanKind.All
                        && !one.MaySwapRows && !plan.Rows(list).SequenceEqual(sample.Rows))
                    {
                        failures.Add($"{one.Name}: step {step}, layer {call.Layer}, head {head} reads other rows");
                    }
                }
            }
        };

        float[] logits = new float[model.Info.VocabularySize];
        reader.ReadPrompt(one.PromptIds);
        reader.Logits.CopyTo(logits);
        Compare(one, "prompt", logits, expectedPrompt, failures);
        int width = expectedPrompt.Length;
        for (step = 1; step <= one.ForcedIds.Length; step++)
        {
            reader.Step(one.ForcedIds[step - 1]).CopyTo(logits);
            Compare(one, $"step {step}", logits, expected.AsSpan((step - 1) * width, width), failures);
        }
    }

    private static void Compare(MethodCase one, string where, ReadOnlySpan<float> logits, ReadOnlySpan<float> expected, List<string> failures)
    {
        int stride = logits.Length / expected.Length;
        float worst = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            worst = Math.Max(worst, Math.Abs(logits[i * stride] - expected[i]));
        }

        if (!(worst <= Tolerance))
        {
            failures.Add($"{one.Name}: {where}: logits differ by {worst}");
        }
    }
}
