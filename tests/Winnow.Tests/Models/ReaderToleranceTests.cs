using System.Text.Json.Nodes;
using Winnow.Formats;
using Winnow.Generation;
using Winnow.Lab.Conversion;
using Winnow.Models.Config;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>What other engines read in one way, read in the same way; what decides nothing, accepted.</summary>
public sealed class ReaderToleranceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("rope.scaling.factor", 4f)]
    [InlineData("rope.scale_linear", 4f)]
    public void A_factor_without_a_type_scales_positions_linearly(string key, float factor) =>
        Assert.Equal(new RopeScaling.Linear(factor), RopeOf(metadata => metadata.Set($"llama.{key}", factor)).Scaling);

    [Fact]
    public void A_factor_of_none_scales_nothing()
    {
        Assert.Null(RopeOf(metadata => metadata.Set("llama.rope.scaling.factor", 0f)).Scaling);
        Assert.Null(RopeOf(metadata =>
        {
            metadata.Set("llama.rope.scaling.type", "none");
            metadata.Set("llama.rope.scaling.factor", 4f);
        }).Scaling);
    }

    [Theory]
    [InlineData("rope_scaling", """{"factor": 4}""")]
    [InlineData("rope_parameters", """{"factor": 4, "rope_theta": 10000}""")]
    public void A_config_with_a_factor_and_no_type_scales_linearly_too(string key, string value)
    {
        using EditedModel model = new("llama", config =>
        {
            config.Remove("rope_parameters");
            config["rope_theta"] = 10000;
            config[key] = JsonNode.Parse(value);
        });
        Assert.Equal(new RopeScaling.Linear(4), HuggingFaceConfigReader.Read(Path.Combine(model.Folder, "config.json")).Layers[0].Rope!.Scaling);
    }

    [Fact]
    public void A_number_that_is_written_for_each_layer_is_read_where_all_agree()
    {
        ModelConfig plain = Read(_ => { });
        ModelConfig lists = Read(metadata =>
        {
            int layers = plain.Layers.Count;
            metadata.Set("llama.attention.head_count", Enumerable.Repeat((uint)plain.QueryHeads, layers).ToArray());
            metadata.Set("llama.attention.head_count_kv", Enumerable.Repeat(plain.KvHeads, layers).ToArray());
            metadata.Set("llama.feed_forward_length", Enumerable.Repeat((ulong)plain.FeedForwardSize, layers).ToArray());
            metadata.Set("llama.rope.freq_base", Enumerable.Repeat(plain.Layers[0].Rope!.Base, layers).ToArray());
        });
        Assert.Equal(
            (plain.QueryHeads, plain.KvHeads, plain.FeedForwardSize, plain.Layers[0].Rope!.Base),
            (lists.QueryHeads, lists.KvHeads, lists.FeedForwardSize, lists.Layers[0].Rope!.Base));
        ModelFormatException refusal = Assert.Throws<ModelFormatException>(() => Read(metadata => metadata.Set("llama.attention.head_count", (int[])[4, 2])));
        Assert.Contains("head_count' has different values for layers (4 and 2)", refusal.Message, StringComparison.Ordinal);
        refusal = Assert.Throws<ModelFormatException>(() => Read(metadata => metadata.Set("llama.attention.head_count_kv", new int[plain.Layers.Count + 1])));
        Assert.Contains($"head_count_kv' has {plain.Layers.Count + 1} values, but there are {plain.Layers.Count} layers", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_UTF_8_in_a_name_are_replaced()
    {
        string path = _folder.Write("m.gguf", new GgufImage().Pair("general.name", 8, writer =>
        {
            writer.Write(3ul);
            writer.Write((byte[])[(byte)'a', 0xFF, (byte)'b']);
        }).ToArray());
        using GgufFile file = GgufFile.Open(path);
        Assert.Equal("a\uFFFDb", file.Metadata.GetString("general.name"));
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("-Infinity")]
    public void A_number_that_only_Python_writes_decides_nothing_where_nobody_needs_it(string number)
    {
        using EditedModel model = new("llama");
        string path = Path.Combine(model.Folder, "config.json");
        string text = File.ReadAllText(path);
        File.WriteAllText(path, text.Insert(text.IndexOf('{', StringComparison.Ordinal) + 1, $"\"router_jitter\": {number}, \"say \\\" NaN\": \"Infinity\","));
        HuggingFaceConfigReader.Read(path);
        File.WriteAllText(path, text.Replace("\"hidden_size\":", $"\"hidden_size\":{number},\"other\":", StringComparison.Ordinal));
        Assert.Contains("hidden_size", Assert.Throws<ModelFormatException>(() => HuggingFaceConfigReader.Read(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Norms_that_are_matrices_of_one_row_are_read_and_converted()
    {
        string[] norms = ["model.norm.weight", "model.layers.0.input_layernorm.weight"];
        using EditedModel model = new("llama", editTensors: shapes =>
        {
            foreach (string norm in norms)
            {
                shapes[norm] = [1, .. shapes[norm]];
            }
        });
        Engine.Load(model.Folder).Dispose();
        string output = _folder.PathOf("out.gguf");
        HuggingFaceConverter.Convert(model.Folder, output);
        using GgufFile file = GgufFile.Open(output);
        Assert.Single(file.Tensors["output_norm.weight"].Shape);
        Engine.Load(output).Dispose();
    }

    [Fact]
    public void Fewer_KV_heads_where_each_head_has_its_own_are_refused()
    {
        using EditedModel model = new("gpt_neox", config => config["num_key_value_heads"] = 1);
        Assert.Contains("num_key_value_heads", Assert.Throws<ModelFormatException>(() => Engine.Load(model.Folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_quotation_of_a_file_is_cut()
    {
        string message = new ModelFormatException("f", $"tensor '{new string('x', 100_000)}' is not 'y'").Message;
        Assert.StartsWith("f: tensor 'xxx", message, StringComparison.Ordinal);
        Assert.EndsWith("x…' is not 'y'", message, StringComparison.Ordinal);
        Assert.InRange(message.Length, 200, 300);
        Assert.InRange(new ModelFormatException("f", string.Join('\'', Enumerable.Repeat("some text", 10_000))).Message.Length, 1000, 2000);
        Assert.InRange(ModelFormatException.Unsupported("f", new string('x', 100_000), ["llama"]).Message.Length, 200, 400);
        string path = _folder.Write("m.gguf", new GgufImage().Text("general.architecture", new string('x', 1 << 20)).ToArray());
        Assert.InRange(Assert.ThrowsAny<WinnowException>(() => Engine.Load(path)).Message.Length, 100, 2000);
    }

    [Fact]
    public void A_tokenizer_that_is_a_link_to_a_device_is_not_read_for_ever()
    {
        Assert.SkipUnless(File.Exists("/dev/zero"), "this system has no /dev/zero");
        File.CreateSymbolicLink(_folder.PathOf("config.json"), "/dev/zero");
        Assert.Contains("is no JSON", Assert.Throws<ModelFormatException>(() => HuggingFaceConfigReader.Read(_folder.PathOf("config.json"))).Message, StringComparison.Ordinal);
    }

    private RopeConfig RopeOf(Action<GgufMetadata> change) => Read(change).Layers[0].Rope!;

    private ModelConfig Read(Action<GgufMetadata> change)
    {
        string source = _folder.PathOf("source.gguf");
        string changed = _folder.PathOf("changed.gguf");
        if (!File.Exists(source))
        {
            HuggingFaceConverter.Convert(TinyModels.Path("llama-mha"), source);
        }

        using (GgufFile file = GgufFile.Open(source))
        {
            GgufMetadata metadata = new(changed);
            foreach ((string key, object value) in file.Metadata.Where(pair => !pair.Key.Contains("rope.scaling", StringComparison.Ordinal)))
            {
                metadata.Set(key, value);
            }

            change(metadata);
            using GgufWriter writer = new(changed, metadata);
            foreach (TensorEntry tensor in file.Tensors.Values.Where(tensor => tensor.Name != "rope_freqs.weight"))
            {
                writer.Declare(tensor.Name, tensor.Type, [.. tensor.Shape]);
            }

            foreach (TensorEntry tensor in file.Tensors.Values.Where(tensor => tensor.Name != "rope_freqs.weight"))
            {
                writer.Write(tensor.Name, tensor);
            }

            writer.Complete();
        }

        using GgufFile read = GgufFile.Open(changed);
        return GgufConfigReader.Read(read);
    }
}
