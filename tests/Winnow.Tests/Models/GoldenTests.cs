using Winnow.Cache;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Models.Conversion;
using Winnow.Tests.Compute.Reference;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>Every architecture computes the logits that PyTorch computed.</summary>
public sealed class GoldenTests(ITestOutputHelper output)
{
    /// <summary>Of the logits' standard deviation.</summary>
    private const double Tolerance = 1e-3;

    public static TheoryData<string> Names => [.. TinyModels.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void Reference_device_computes_the_golden_logits_and_greedy_ids(string name)
    {
        using ReferenceDevice device = new();
        string folder = TinyModels.Path(name);
        using Model model = Model.Load(folder, device);
        CheckLogits(model, Golden.Open(folder), chunk: 64);
        CheckGreedyIds(model, Golden.Open(folder));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_converted_file_computes_the_golden_logits(string name)
    {
        using ReferenceDevice device = new();
        string folder = TinyModels.Path(name);
        using TemporaryFolder temporary = new();
        HuggingFaceConverter.Convert(folder, temporary.PathOf("model.gguf"));
        using Model model = Model.Load(temporary.PathOf("model.gguf"), device);
        CheckLogits(model, Golden.Open(folder), chunk: 150);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    public void Prompts_read_in_chunks_of_any_length_compute_the_golden_logits(int chunk)
    {
        using ReferenceDevice device = new();
        foreach (string name in TinyModels.Bundled)
        {
            using Model model = Model.Load(TinyModels.Path(name), device);
            CheckLogits(model, Golden.Open(TinyModels.Path(name)), chunk);
        }
    }

    private void CheckLogits(Model model, Golden golden, int chunk)
    {
        using ForwardState state = model.Transformer.CreateState(golden.Ids.Length, chunk);
        using KvCache cache = model.Transformer.CreateCache(TensorType.F32);
        float[] logits = new float[golden.Logits.Length];
        model.Transformer.Forward(state, golden.Ids, cache, ForwardOutput.AllLogits, logits);
        double error = logits.Zip(golden.Logits, (a, b) => Math.Abs(a - b)).Max() / golden.Deviation;
        output.WriteLine($"{model.Info.Name} ({model.Info.Quantization}, chunk {chunk}): largest error {error:E2} deviations");
        Assert.InRange(error, 0, Tolerance);
    }

    private static void CheckGreedyIds(Model model, Golden golden)
    {
        using ForwardState state = model.Transformer.CreateState(golden.Ids.Length + golden.GreedyIds.Length);
        using KvCache cache = model.Transformer.CreateCache(TensorType.F32);
        float[] logits = new float[model.Config.VocabularySize];
        model.Transformer.Forward(state, golden.Ids, cache, ForwardOutput.LastLogits, logits);
        foreach (int expected in golden.GreedyIds)
        {
            Assert.Equal(expected, Array.IndexOf(logits, logits.Max()));
            model.Transformer.Forward(state, [expected], cache, ForwardOutput.LastLogits, logits);
        }
    }
}
