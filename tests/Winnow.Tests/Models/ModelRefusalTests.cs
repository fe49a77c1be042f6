using System.Text.Json.Nodes;
using Winnow.DeviceTests.Reference;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Tests.Formats;

namespace Winnow.Tests.Models;

/// <summary>What makes no model is refused with an error that names file, key or tensor, what was found and what is allowed.</summary>
public sealed class ModelRefusalTests
{
    [Fact]
    public void An_unknown_architecture_is_refused_with_a_list_of_the_known_ones()
    {
        using EditedModel model = new("llama", config => config["model_type"] = "rwkv7");
        ModelFormatException error = Assert.Throws<ModelFormatException>(() => Load(model.Folder));
        Assert.Equal("rwkv7", error.UnsupportedArchitecture);
        const string Problem = "'rwkv7' is not supported; supported are llama, mistral, mixtral, ministral, ministral3,";
        Assert.Contains(Problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_architecture_in_a_GGUF_file_is_refused()
    {
        using TemporaryFolder folder = new();
        GgufMetadata metadata = new("model.gguf");
        metadata.Set("general.architecture", "rwkv7");
        using (GgufWriter writer = new(folder.PathOf("model.gguf"), metadata))
        {
            writer.Complete();
        }

        Assert.Equal("rwkv7", Assert.Throws<ModelFormatException>(() => Load(folder.PathOf("model.gguf"))).UnsupportedArchitecture);
    }

    [Theory]
    [InlineData("num_attention_heads", "3", "3 query heads cannot share 2 KV heads evenly")]
    [InlineData("num_attention_heads", "0", "has 0 attention heads")]
    [InlineData("num_key_value_heads", "8", "number of KV heads is 8, but must be from 1 to 4")]
    [InlineData("num_hidden_layers", "-1", "key 'num_hidden_layers' is -1, but must be from 1 to 4096")]
    [InlineData("num_hidden_layers", "1000000000", "key 'num_hidden_layers' is 1000000000, but must be from 1 to 4096")]
    [InlineData("hidden_size", "\"wide\"", "key 'hidden_size' is \"wide\", but must be a 32-bit integer")]
    [InlineData("vocab_size", "1e30", "key 'vocab_size' is 1e30, but must be a 32-bit integer")]
    [InlineData("rms_norm_eps", "-1", "norm epsilon is -1, but must be positive")]
    [InlineData("rms_norm_eps", "true", "key 'rms_norm_eps' is true, but must be a number")]
    [InlineData("hidden_act", "\"tanh\"", "key 'hidden_act' is \"tanh\", but must be one of silu, gelu,")]
    [InlineData("head_dim", "15", "rotary dimension is 15, but must be even")]
    [InlineData("max_position_embeddings", "null", "key 'max_position_embeddings' is missing")]
    [InlineData("quantization_config", "{\"quant_method\":\"awq\"}", "has weights quantized with awq, which are not supported")]
    [InlineData("rope_parameters", "{\"rope_type\":\"warp\",\"rope_theta\":1e4}", "rotary scaling 'warp' is not supported; supported are default, linear,")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\",\"rope_theta\":1e4}", "key 'rope_parameters.factor' is missing, but must be a number")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\",\"rope_theta\":1e4,\"factor\":0}", "rotary scaling factor is 0, but must be positive")]
    [InlineData("rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":-5}", "rotary base is -5, but must be above 1")]
    [InlineData("rope_parameters", "{\"rope_type\":\"longrope\",\"rope_theta\":1e4,\"short_factor\":[1],\"long_factor\":[1]}", "there are 1 short rotary factors, but 8 rotated pairs")]
    public void A_hyper_parameter_that_makes_no_model_is_refused(string key, string value, string problem)
    {
        using EditedModel model = new("llama", config => config[key] = JsonNode.Parse(value));
        AssertRefused(model.Folder, problem);
    }

    [Theory]
    [InlineData("gemma2", "layer_types", "[\"full_attention\"]", "but must be 4 times full_attention or sliding_attention")]
    [InlineData("smollm3", "no_rope_layers", "[1,1]", "key 'no_rope_layers' is [1,1], but must be a list of 4 zeros and ones")]
    [InlineData("mixtral", "num_experts_per_tok", "6", "number of experts used is 6, but must be from 1 to ")]
    [InlineData("gpt_neox", "rope_parameters", "{\"rope_type\":\"default\",\"rope_theta\":1e4,\"partial_rotary_factor\":2}", "rotary dimension is 32")]
    [InlineData("gemma4", "layer_types", "[\"sliding_attention\",\"full_attention\",\"full_attention\",\"sliding_attention\"]", "cannot take the keys and values of layer")]
    [InlineData("gemma4", "vocab_size_per_layer_input", "287", "vocabulary of tokens' vectors for each layer is 287, but must be from ")]
    [InlineData("llama4", "floor_scale", "0", "number of positions that share a temperature of queries is 0, but must be from 1")]
    [InlineData("dbrx", "ffn_config", "{\"ffn_hidden_size\":16,\"moe_num_experts\":0,\"moe_top_k\":2}", "tensor 'model.layers.0.m")]
    public void A_hyper_parameter_of_an_architecture_is_checked(string name, string key, string value, string problem)
    {
        using EditedModel model = new(name, config => config[key] = JsonNode.Parse(value));
        AssertRefused(model.Folder, problem);
    }

    [Fact]
    public void A_missing_tensor_is_named_with_its_shape()
    {
        using EditedModel model = new("qwen2", editTensors: tensors => tensors.Remove("model.layers.1.self_attn.k_proj.bias"));
        AssertRefused(model.Folder, "tensor 'model.layers.1.self_attn.k_proj.bias' [32] is missing");
    }

    [Fact]
    public void A_tensor_of_a_wrong_shape_is_named_with_both_shapes()
    {
        using EditedModel model = new("llama", editTensors: tensors => tensors["model.layers.2.mlp.up_proj.weight"] = [64, 128]);
        AssertRefused(model.Folder, "tensor 'model.layers.2.mlp.up_proj.weight' has shape [64, 128], but must have [128, 64]");
    }

    [Fact]
    public void A_tensor_that_no_code_would_read_is_refused()
    {
        using EditedModel model = new("llama", editTensors: tensors => tensors["model.layers.0.self_attn.sinks"] = [4]);
        AssertRefused(model.Folder, "has a tensor 'model.layers.0.self_attn.sinks'");
    }

    [Fact]
    public void A_folder_without_a_configuration_is_refused()
    {
        using TemporaryFolder folder = new();
        AssertRefused(folder.Root, "config.json");
    }

    [Theory]
    [InlineData("[]", "must be a JSON object, but is Array")]
    [InlineData("{", "is no JSON")]
    [InlineData("{}", "key 'model_type' is missing")]
    public void A_configuration_that_is_none_is_refused(string text, string problem)
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder.PathOf("config.json"), text);
        AssertRefused(folder.Root, problem);
    }

    [Fact]
    public void Loading_can_be_cancelled()
    {
        using ReferenceDevice device = new();
        Assert.Throws<OperationCanceledException>(() => Model.Load(TinyModels.Path("llama"), device, cancellation: new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Heads_whose_page_of_keys_and_values_has_more_bytes_than_an_int_are_refused()
    {
        using EditedModel model = new("llama", config =>
        {
            config["num_attention_heads"] = 2049;
            config["num_key_value_heads"] = 2049;
            config["head_dim"] = 4096;
        });
        AssertRefused(model.Folder, "2049 KV heads of 4096 elements are more than 4,194,303");
    }

    private static void AssertRefused(string path, string problem) =>
        Assert.Contains(problem, Assert.Throws<ModelFormatException>(() => Load(path)).Message, StringComparison.Ordinal);

    private static void Load(string path)
    {
        using ReferenceDevice device = new();
        using Model model = Model.Load(path, device);
    }
}
