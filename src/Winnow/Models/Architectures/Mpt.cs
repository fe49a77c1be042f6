using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>MPT: scores that fall with distance (ALiBi), limited queries, keys and values in some models, no biases.</summary>
/// <remarks>https://www.databricks.com/blog/mpt-7b.</remarks>
internal static class Mpt
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "mpt",
        GgufName = "mpt",
        Norm = NormKind.Layer,
        Activation = Activation.Gelu,
        IsGated = false,
        HasRotation = false,
        FeedForwardMultiple = 4,
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["hidden_size"] = "d_model",
            ["num_attention_heads"] = "n_heads",
            ["num_hidden_layers"] = "n_layers",
            ["max_position_embeddings"] = "max_seq_len",
            ["clip_qkv"] = "attn_config.clip_qkv",
            ["attention_multiplier"] = "attn_config.softmax_scale",
            ["alibi_bias_max"] = "attn_config.alibi_bias_max",
        },
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "max_position_embeddings": 2048, "alibi_bias_max": 8 }
            """,
        ReadHuggingFace = (keys, config) => config with { AlibiBias = keys.GetSingleOrNull("alibi_bias_max") ?? 8, LogitScale = 1 },
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.wte",
            [TensorRole.OutputNorm] = "transformer.norm_f",
            [TensorRole.AttentionNorm] = "transformer.blocks.{0}.norm_1",
            [TensorRole.QueryKeyValue] = "transformer.blocks.{0}.attn.Wqkv",
            [TensorRole.AttentionOutput] = "transformer.blocks.{0}.attn.out_proj",
            [TensorRole.FeedForwardNorm] = "transformer.blocks.{0}.norm_2",
            [TensorRole.Up] = "transformer.blocks.{0}.ffn.up_proj",
            [TensorRole.Down] = "transformer.blocks.{0}.ffn.down_proj",
        }),
    };
}
