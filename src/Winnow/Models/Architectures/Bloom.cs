using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>BLOOM: scores that fall with distance (ALiBi) instead of positions, and a norm of embeddings.</summary>
/// <remarks>https://arxiv.org/abs/2211.05100.</remarks>
internal static class Bloom
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "bloom",
        GgufName = "bloom",
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        HasEmbeddingNorm = true,
        HasRotation = false,
        AlibiBias = 8,
        FeedForwardMultiple = 4,
        Biases = Biases.QueryKeyValue | Biases.AttentionOutput | Biases.FeedForward,
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["num_attention_heads"] = "n_head",
            ["num_hidden_layers"] = "n_layer",
            ["max_position_embeddings"] = "seq_length",
        },
        HuggingFaceDefaults = """{ "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "max_position_embeddings": 2048 }""",
        HuggingFaceQueryKeyValueOrder = config => RowOrder.SplitGroups(config.QueryHeads, config.KvHeads, config.HeadDimension),
        ReadHuggingFace = (keys, config) => keys.GetBoolOrNull("apply_residual_connection_post_layernorm") == true
            ? throw keys.Wrong("apply_residual_connection_post_layernorm", "false: residuals behind norms are not supported")
            : config,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.word_embeddings",
            [TensorRole.EmbeddingNorm] = "transformer.word_embeddings_layernorm",
            [TensorRole.OutputNorm] = "transformer.ln_f",
            [TensorRole.AttentionNorm] = "transformer.h.{0}.input_layernorm",
            [TensorRole.QueryKeyValue] = "transformer.h.{0}.self_attention.query_key_value",
            [TensorRole.AttentionOutput] = "transformer.h.{0}.self_attention.dense",
            [TensorRole.FeedForwardNorm] = "transformer.h.{0}.post_attention_layernorm",
            [TensorRole.Up] = "transformer.h.{0}.mlp.dense_h_to_4h",
            [TensorRole.Down] = "transformer.h.{0}.mlp.dense_4h_to_h",
        }),
    };
}
