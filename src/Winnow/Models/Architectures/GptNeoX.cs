using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GPT-NeoX and Pythia: attention and feed-forward side by side, layer norms, a rotated quarter of each head.</summary>
/// <remarks>https://arxiv.org/abs/2204.06745, https://arxiv.org/abs/2304.01373.</remarks>
internal static class GptNeoX
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gpt_neox",
        GgufName = "gptneox",
        Norm = NormKind.Layer,
        Activation = Activation.Gelu,
        IsGated = false,
        Biases = Biases.FeedForward,
        ReadHuggingFace = (keys, config) => config.KvHeads == config.QueryHeads ? config
            : throw keys.Wrong("num_key_value_heads", $"the {config.QueryHeads} of 'num_attention_heads' in this architecture"),
        HuggingFaceQueryKeyValueOrder = config => RowOrder.SplitGroups(config.QueryHeads, config.KvHeads, config.HeadDimension),
        HuggingFaceDefaults = """
            {
              "layer_norm_eps": 1e-5, "rotary_emb_base": 10000.0, "rotary_pct": 0.25, "tie_word_embeddings": false,
              "use_parallel_residual": true, "hidden_act": "gelu"
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "gpt_neox.embed_in",
            [TensorRole.OutputNorm] = "gpt_neox.final_layer_norm",
            [TensorRole.Output] = "embed_out",
            [TensorRole.AttentionNorm] = "gpt_neox.layers.{0}.input_layernorm",
            [TensorRole.QueryKeyValue] = "gpt_neox.layers.{0}.attention.query_key_value",
            [TensorRole.AttentionOutput] = "gpt_neox.layers.{0}.attention.dense",
            [TensorRole.FeedForwardNorm] = "gpt_neox.layers.{0}.post_attention_layernorm",
            [TensorRole.Up] = "gpt_neox.layers.{0}.mlp.dense_h_to_4h",
            [TensorRole.Down] = "gpt_neox.layers.{0}.mlp.dense_4h_to_h",
        }),
    };
}
