using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Falcon 1 and 2, and Falcon-RW: three forms of blocks that config.json tells apart.</summary>
/// <remarks>https://arxiv.org/abs/2311.16867.</remarks>
internal static class Falcon
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "falcon",
        GgufName = "falcon",
        Norm = NormKind.Layer,
        Activation = Activation.Gelu,
        IsGated = false,
        IsParallel = true,
        SharesParallelNorm = true,
        AlibiIsScaled = true,
        FeedForwardMultiple = 4,
        HuggingFaceKeys = new Dictionary<string, string> { ["intermediate_size"] = "ffn_hidden_size", ["hidden_act"] = "activation" },
        HuggingFaceDefaults = """
            {
              "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "hidden_act": "gelu", "max_position_embeddings": 2048
            }
            """,
        HuggingFaceQueryKeyValueOrder = config => RowOrder.SplitGroups(config.QueryHeads, config.KvHeads, config.HeadDimension),
        ReadHuggingFace = ReadHuggingFace,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.word_embeddings",
            [TensorRole.OutputNorm] = "transformer.ln_f",
            [TensorRole.AttentionNorm] = "transformer.h.{0}.ln_attn|transformer.h.{0}.input_layernorm",
            [TensorRole.QueryKeyValue] = "transformer.h.{0}.self_attention.query_key_value",
            [TensorRole.AttentionOutput] = "transformer.h.{0}.self_attention.dense",
            [TensorRole.FeedForwardNorm] = "transformer.h.{0}.ln_mlp|transformer.h.{0}.post_attention_layernorm",
            [TensorRole.Up] = "transformer.h.{0}.mlp.dense_h_to_4h",
            [TensorRole.Down] = "transformer.h.{0}.mlp.dense_4h_to_h",
        }),

        // In GGUF files the norm of a parallel feed-forward block is the first, and one for attention alone the second.
        GgufTensorName = NameOf,
        GgufTensors = TensorNames.Gguf.With(new()
        {
            [TensorRole.AttentionNorm] = "blk.{0}.attn_norm_2|blk.{0}.attn_norm",
            [TensorRole.FeedForwardNorm] = "blk.{0}.ffn_norm|blk.{0}.attn_norm",
        }),
    };

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        bool isNew = keys.GetBoolOrNull("new_decoder_architecture") == true;
        bool hasAlibi = keys.GetBoolOrNull("alibi") == true;
        return config with
        {
            KvHeads = isNew ? keys.GetInt32OrNull("num_kv_heads") ?? config.QueryHeads
                : keys.GetBoolOrNull("multi_query") == false ? config.QueryHeads : 1,
            IsParallel = isNew || keys.GetBoolOrNull("parallel_attn") != false,
            AlibiBias = hasAlibi ? 8 : 0,
            Layers = hasAlibi ? [.. config.Layers.Select(layer => layer with { Rope = null })] : config.Layers,
        };
    }

    private static string? NameOf(ModelConfig config, TensorNaming names, TensorRole role) => role switch
    {
        TensorRole.AttentionNorm when config.IsParallel && names.Contains(TensorRole.FeedForwardNorm, 0) => "blk.{0}.attn_norm_2",
        TensorRole.AttentionNorm => "blk.{0}.attn_norm",
        TensorRole.FeedForwardNorm => config.IsParallel ? "blk.{0}.attn_norm" : "blk.{0}.ffn_norm",
        _ => null,
    };
}
