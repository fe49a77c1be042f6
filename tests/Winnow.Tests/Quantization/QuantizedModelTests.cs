using Winnow.Cli.Output;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Lab.Quantization;
using Winnow.Lab.Synthesis;
using Winnow.Models;
using Winnow.Tensors;
using Winnow.Tests.Compute;
using Winnow.Tests.Formats;
using Winnow.Tests.Models;

namespace Winnow.Tests.Quantization;

/// <summary>Models of every architecture, quantized, inspected and run: routers, convolutions and what states are made with stay as they were.</summary>
public sealed class QuantizedModelTests(ITestOutputHelper output) : IDisposable
{
    /// <summary>Ends of the names of what is multiplied with nothing, or is small and decides much.</summary>
    private static readonly string[] Kept =
    [
        "norm.weight", "bias", "ffn_gate_inp.weight", "shortconv.conv.weight", "ssm_conv1d.weight", "ssm_conv1d_q.weight", "ssm_conv1d_k.weight",
        "ssm_conv1d_v.weight", "ssm_a", "ssm_d", "position_embd.weight", "per_layer_model_proj.weight",
    ];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. GeneratedModel.Names];

    public static TheoryData<string> Shapes => [.. SyntheticShape.Named.Select(shape => shape.Name)];

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Tolerances in standard deviations of the logits: up to 0.084 and 0.557 were seen. Of the largest errors after each id the median
    /// counts, for with random weights a rounding may choose other experts.
    /// </summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void A_quantized_model_keeps_what_must_be_kept_and_answers_nearly_as_before(string name)
    {
        string folder = GeneratedModel.Folder(name);
        Golden golden = Golden.Open(folder);
        string whole = _folder.PathOf("whole.gguf");
        HuggingFaceConverter.Convert(folder, whole);
        using GgufFile original = GgufFile.Open(whole);
        bool hasExperts = original.Tensors.Values.Any(tensor => tensor.Name.Contains("_exps.weight", StringComparison.Ordinal));
        foreach ((QuantizationMix mix, double tolerance) in ((QuantizationMix, double)[])
            [(QuantizationMix.Q8_0, 0.15), (QuantizationMix.Q4_K_M, 0.8), .. hasExperts ? [(QuantizationMix.MXFP4_MOE, 0.8)] : Array.Empty<(QuantizationMix, double)>()])
        {
            string path = _folder.PathOf($"{mix}.gguf");
            ModelQuantizer.Quantize(whole, path, mix);
            using (GgufFile quantized = GgufFile.Open(path))
            {
                foreach (TensorEntry tensor in quantized.Tensors.Values)
                {
                    bool isKept = tensor.Shape.Count < 2 || Array.Exists(Kept, end => tensor.Name.EndsWith(end, StringComparison.Ordinal));
                    Assert.True(isKept == (tensor.Type == TensorType.F32), $"{mix}: {tensor.Name} is {tensor.Type}");
                }
            }

            using Device device = TestDevices.Create(CpuIsaSupport.Best.ToString());
            using Model model = Model.Load(path, device);
            double error = MedianError(golden, model);
            output.WriteLine($"{mix}: {error:F3} deviations");
            Assert.InRange(error, 0, tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_a_model_is_stands_on_one_screen(string name)
    {
        string folder = GeneratedModel.Folder(name);
        string converted = _folder.PathOf("model.gguf");
        HuggingFaceConverter.Convert(folder, converted, QuantizationMix.Q8_0);
        foreach (string path in (string[])[folder, converted])
        {
            StringWriter screen = new();
            new ModelReport(ModelInfo.Read(path), measures: false, TestContext.Current.CancellationToken).WriteText(screen);
            string[] lines = screen.ToString().TrimEnd().Split('\n');
            Assert.InRange(lines.Length, 10, 23);
            Assert.Contains(lines, line => line.StartsWith("cpu: fits into", StringComparison.Ordinal));
            Assert.DoesNotContain("0 query heads", screen.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", screen.ToString(), StringComparison.Ordinal);
        }
    }

    /// <summary>Each named shape with one narrow layer, and a type of each family.</summary>
    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_shape_gives_a_model_that_runs(string name)
    {
        SyntheticShape shape = SyntheticShape.Find(name);
        SyntheticShape small = shape with
        {
            HiddenSize = 256,
            Layers = 1,
            Heads = shape.Heads / shape.KvHeads,
            KvHeads = 1,
            FeedForwardSize = 512,
            Experts = Math.Min(shape.Experts, 16),
            ExpertFeedForwardSize = Math.Min(shape.ExpertFeedForwardSize, 256),
            VocabularySize = 1024,
        };
        string path = _folder.PathOf("model.gguf");
        foreach (QuantizationMix mix in (QuantizationMix[])[QuantizationMix.BF16, QuantizationMix.Q4_K_M, QuantizationMix.IQ4_XS, QuantizationMix.MXFP4_MOE, QuantizationMix.TQ2_0])
        {
            SyntheticModel.Write(path, small, mix);
            using Engine engine = Engine.Load(path);
            Assert.Equal(shape.Architecture, engine.Model.Architecture);
            Assert.Equal(mix.ToString(), engine.Model.Quantization);
            using Session session = engine.CreateSession(new SessionOptions { ContextLength = 64 });
            session.Prefill([1, 2, 3, 4, 5]);
            float[] logits = session.Diagnostics.Logits.ToArray();
            Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
            Assert.True(logits.Max() - logits.Min() > 1);
        }
    }

    [Theory]
    [InlineData("MXFP4", "MXFP4_MOE")]
    [InlineData("mxfp4", "MXFP4_MOE")]
    public void The_type_of_experts_alone_is_refused_with_the_mixture_that_has_it(string name, string mixture)
    {
        WinnowException error = Assert.Throws<WinnowException>(() => QuantizationMixes.Parse(name));
        Assert.Contains($"is the type of experts in {mixture}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"'{name}'", error.Message, StringComparison.Ordinal);
    }

    private static double MedianError(Golden golden, Model model)
    {
        List<double> errors = [];
        using TokenReader reader = new(model, golden.Ids.Length);
        reader.ReadLogits(golden.Ids, 512, (position, logits) => errors.Add(golden.Error(position, logits)));
        Assert.All(errors, error => Assert.True(double.IsFinite(error)));
        return errors.Order().ElementAt(errors.Count / 2);
    }
}
