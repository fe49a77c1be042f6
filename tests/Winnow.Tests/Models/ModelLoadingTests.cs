using System.Text.Json.Nodes;
using Winnow.Attention;
using Winnow.DeviceTests.Reference;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Lab.Quantization;
using Winnow.Models;
using Winnow.Models.Config;
using Winnow.Models.Forward;
using Winnow.Tensors;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>How models are found, described, told apart and converted.</summary>
public sealed class ModelLoadingTests
{
    [Fact]
    public void Information_tells_what_a_model_is()
    {
        using ReferenceDevice device = new();
        using Model model = Model.Load(TinyModels.Path("qwen3"), device);
        ModelInfo info = model.Info;
        Assert.Equal(("qwen3", "qwen3", "F32"), (info.Architecture, info.Name, info.Quantization));
        Assert.Equal((3, 64, 320, 512, 0), (info.Layers, info.HiddenSize, info.VocabularySize, info.ContextLength, info.Experts));
        Assert.Equal((4, 2, 32), (info.QueryHeads, info.KvHeads, info.HeadDimension));
        Assert.Equal((168_576, 674_304), (info.ParameterCount, info.SizeBytes));
    }

    [Fact]
    public void Progress_rises_to_one()
    {
        using ReferenceDevice device = new();
        Reports reports = new();
        using Model model = Model.Load(TinyModels.Path("llama"), device, progress: reports);
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(1, reports[^1]);
    }

    [Fact]
    public void Fingerprints_tell_models_apart()
    {
        using EditedModel otherTheta = new("llama-mha", config => config["rope_parameters"]!["rope_theta"] = 20000.0);
        using EditedModel otherBytes = new("llama-mha", editTensors: tensors => tensors["lm_head.weight"] = [320, 64]);
        string[] paths = [TinyModels.Path("llama"), TinyModels.Path("llama-mha"), otherTheta.Folder, otherBytes.Folder];
        string[] prints = Array.ConvertAll(paths, Fingerprint);
        Assert.Equal(prints.Length, prints.Distinct().Count());
        Assert.Equal(prints[1], Fingerprint(paths[1]));
        Assert.All(prints, print => Assert.Matches("^[0-9a-f]{32}$", print));
    }

    /// <summary>Transformers 4 writes rotary settings as rope_theta and rope_scaling, and calls the type of weights torch_dtype.</summary>
    [Theory]
    [InlineData("llama")]
    [InlineData("qwen2")]
    [InlineData("gemma3")]
    [InlineData("gpt_neox")]
    [InlineData("stablelm")]
    [InlineData("phi3")]
    public void Configurations_of_transformers_4_mean_the_same(string name)
    {
        using EditedModel old = new(name, ToTransformers4);
        ModelConfig expected = HuggingFaceConfigReader.Read(Path.Combine(TinyModels.Path(name), "config.json"));
        ModelConfig actual = HuggingFaceConfigReader.Read(Path.Combine(old.Folder, "config.json"));
        Assert.Equal(expected.Layers, actual.Layers);
        Assert.Equal(expected with { Layers = [] }, actual with { Layers = expected.Layers } with { Layers = [] });
    }

    [Fact]
    public void A_model_saved_without_its_head_loads()
    {
        using EditedModel model = new("qwen3", editTensors: tensors =>
        {
            foreach (string name in tensors.Keys.ToArray())
            {
                tensors.Remove(name, out long[]? shape);
                tensors[name["model.".Length..]] = shape!;
            }
        });
        using ReferenceDevice device = new();
        using Model loaded = Model.Load(model.Folder, device);
        Assert.Equal(168_576, loaded.Info.ParameterCount);
    }

    [Theory]
    [InlineData("llama", QuantizationMix.BF16, 0.05)]
    [InlineData("qwen3", QuantizationMix.F16, 0.01)]
    [InlineData("gemma2", QuantizationMix.F16, 0.01)]
    [InlineData("mixtral", QuantizationMix.Q8_0, 0.1)]
    public void A_model_converted_to_fewer_bits_computes_nearly_the_same(string name, QuantizationMix mix, double tolerance)
    {
        using TemporaryFolder folder = new();
        HuggingFaceConverter.Convert(TinyModels.Path(name), folder.PathOf("model.gguf"), mix);
        using ReferenceDevice device = new();
        using Model model = Model.Load(folder.PathOf("model.gguf"), device);
        Golden golden = Golden.Open(TinyModels.Path(name));
        using Model whole = Model.Load(TinyModels.Path(name), device);
        Assert.Equal(mix.ToString(), model.Info.Quantization);
        double error = Math.Sqrt(Logits(model, golden.Ids).Zip(Logits(whole, golden.Ids), (a, b) => (double)(a - b) * (a - b)).Average());
        Assert.InRange(error / golden.Deviation, 1e-6, tolerance);
    }

    [Fact]
    public void Hidden_states_times_the_head_are_the_logits()
    {
        using ReferenceDevice device = new();
        using Model model = Model.Load(TinyModels.Path("llama-mha"), device);
        int[] ids = Golden.Open(TinyModels.Path("llama-mha")).Ids[..20];
        using TokenReader reader = new(model, ids.Length, chunk: 8, kvType: TensorType.F32);
        float[] hidden = new float[ids.Length * 64];
        reader.Pass.Run([reader.BeginPass(ids, AttentionPhase.Prompt, ForwardOutput.Hidden, hidden)], TestContext.Current.CancellationToken);
        float[] logits = Logits(model, ids);
        using SafetensorsFile file = SafetensorsFile.Open(TinyModels.Path("llama-mha"));
        float[] head = Golden.Single(file.Tensors["model.embed_tokens.weight"]);
        for (int i = 0; i < logits.Length; i++)
        {
            double sum = Enumerable.Range(0, 64).Sum(j => (double)hidden[(i / 320 * 64) + j] * head[(i % 320 * 64) + j]);
            Assert.Equal(sum, logits[i], 1e-4);
        }
    }

    private static void ToTransformers4(JsonObject config)
    {
        JsonObject rope = config["rope_parameters"]!.AsObject();
        config.Remove("rope_parameters");
        config.Remove("layer_types");
        config["torch_dtype"] = "float32";
        config.Remove("dtype");
        if (rope["full_attention"] is { } full)
        {
            config["rope_theta"] = full["rope_theta"]!.GetValue<double>();
            config["rope_local_base_freq"] = rope["sliding_attention"]!["rope_theta"]!.GetValue<double>();
            return;
        }

        bool isNeoX = config["model_type"]!.GetValue<string>() == "gpt_neox";
        config[isNeoX ? "rotary_emb_base" : "rope_theta"] = rope["rope_theta"]!.GetValue<double>();
        if (rope["partial_rotary_factor"] is { } factor)
        {
            config[isNeoX ? "rotary_pct" : "partial_rotary_factor"] = factor.GetValue<double>();
        }

        rope.Remove("rope_theta");
        rope.Remove("partial_rotary_factor");
        config["rope_scaling"] = rope["rope_type"]!.GetValue<string>() == "default" ? null : rope.DeepClone();
    }

    private static float[] Logits(Model model, int[] ids)
    {
        using TokenReader reader = new(model, ids.Length, kvType: TensorType.F32);
        float[] logits = new float[ids.Length * model.Config.VocabularySize];
        reader.ReadLogits(ids, 512, (row, values) => values.CopyTo(logits.AsSpan(row * values.Length)));
        return logits;
    }

    private static string Fingerprint(string path)
    {
        using ReferenceDevice device = new();
        using Model model = Model.Load(path, device);
        return model.Info.Fingerprint;
    }

    private sealed class Reports : List<double>, IProgress<double>
    {
        public void Report(double value) => Add(value);
    }
}
