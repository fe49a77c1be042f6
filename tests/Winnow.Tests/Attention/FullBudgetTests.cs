using Winnow.Attention;
using Winnow.Attention.Baselines;
using Winnow.Attention.Delta;
using Winnow.Attention.Recycled;
using Winnow.Attention.TokenSparse;
using Winnow.Cli;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Models;

namespace Winnow.Tests.Attention;

/// <summary>Where the budget covers everything a method must not change a single bit, on any architecture, with any KV type, however the prompt is cut.</summary>
public class FullBudgetTests
{
    private const int Steps = 10;
    private const int Chunk = 48;

    public static TheoryData<string> TinyNames => [.. TinyModels.All];

    [Theory]
    [MemberData(nameof(TinyNames))]
    public void On_every_tiny_architecture(string name) => Check(TinyModels.Path(name), Golden.Open(TinyModels.Path(name)).Ids);

    [Fact]
    public void On_stories260k() => Check(SharedData.Path("models/stories260k"), [.. Enumerable.Range(0, 140).Select(i => 3 + (i * 37 % 500))]);

    [Fact]
    public void On_the_lab_model() => Check(BundledModel.Find(), [.. Enumerable.Range(0, 140).Select(i => 300 + (i * 1237 % 7000))]);

    private static void Check(string path, int[] ids)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 1 });
        using Model model = Model.Load(path, device);
        int[] prompt = ids[..^Steps];
        int[] forced = ids[^Steps..];
        TensorType[] types = model.Config.HeadDimension % 32 == 0 ? [TensorType.F32, TensorType.F16, TensorType.BF16, TensorType.Q8_0, TensorType.Q4_0] : [TensorType.F32, TensorType.F16];
        foreach (TensorType type in types)
        {
            float[] expected = Logits(model, AttentionOptions.Full, type, prompt.Length, prompt, forced);
            foreach (AttentionOptions options in WholeBudgets(model.Transformer.AttentionLayers))
            {
                Assert.True(
                    expected.AsSpan().SequenceEqual(Logits(model, options, type, prompt.Length, prompt, forced)), $"{options} on {type} differs from full attention");
                Assert.True(
                    expected.AsSpan().SequenceEqual(Logits(model, options, type, Chunk, prompt, forced)), $"{options} on {type}, in chunks, differs from full attention");
            }
        }
    }

    /// <summary>Everything that makes a method read all there is: a budget that covers it, a schedule that is always full, layers that all select.</summary>
    private static IEnumerable<AttentionOptions> WholeBudgets(AttentionLayers layers)
    {
        const int Enough = 100_000;
        DecodeAttention[] decode =
        [
            new RecycledAttention { K = Enough, Stride = 3, From = 0 },
            new RecycledAttention { K = 8, Stride = 1, From = 0 },
            new RecycledAttention { K = 8, Check = 1, Threshold = 1.5f, From = 0 },
            new RecycledAttention { K = 8, Stride = 4 },
            new DeltaAttention { Pages = Enough, From = 0 },
            new DeltaAttention { Page = 4, Pages = 2, Recent = 1, SelectingLayers = layers.Global.Count > 0 ? layers.Global : null, From = 0 },
            new DeltaAttention { Page = 4, Pages = 2, Recent = 1 },
            new StreamingAttention { Window = Enough },
            new SnapKvAttention { Budget = Enough },
            new RandomAttention { Budget = Enough },
        ];
        TokenSparseAttention[] prefill =
        [
            new() { Coverage = 0, Minimum = 0, Window = 8, From = 0 },
            new() { Coverage = 0.5f, Minimum = Enough, Window = 8, From = 0 },
            new() { Coverage = 0.5f, Minimum = 0, Window = 8, Layers = [], From = 0 },
            new() { Coverage = 0.5f, Minimum = 0, Window = 8 },
        ];
        return
        [
            .. decode.Select(method => new AttentionOptions { Decode = method }),
            .. prefill.Select(method => new AttentionOptions { Prefill = method }),
            new() { Prefill = prefill[0], Decode = decode[0] },
            new() { Prefill = prefill[1], Decode = decode[4] },
        ];
    }

    /// <summary>The logits after the prompt and after each forced token.</summary>
    private static float[] Logits(Model model, AttentionOptions options, TensorType type, int chunk, int[] prompt, int[] forced)
    {
        using TokenReader reader = new(model, prompt.Length + forced.Length, options, type, chunk: chunk);
        int width = model.Config.VocabularySize;
        float[] logits = new float[(forced.Length + 1) * width];
        reader.ReadPrompt(prompt);
        reader.Logits.CopyTo(logits);
        for (int i = 0; i < forced.Length; i++)
        {
            reader.Step(forced[i]).CopyTo(logits.AsSpan((i + 1) * width, width));
        }

        return logits;
    }
}
