using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>LFM2: short convolutions between few layers of attention with query and key norms.</summary>
/// <remarks>https://arxiv.org/abs/2511.23404.</remarks>
internal static class Lfm2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "lfm2",
        GgufName = "lfm2",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        HuggingFaceLayers = ReadLayers,
        GgufLayers = ReadLayers,
        HuggingFaceFeedForwardSize = ReadFeedForwardSize,
        HuggingFaceDefaults = """
            {
              "norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": true, "num_key_value_heads": 8, "conv_L_cache": 3,
              "block_auto_adjust_ff_dim": true, "block_ffn_dim_multiplier": 1.0, "block_multiple_of": 256, "max_position_embeddings": 128000
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.OutputNorm] = "model.embedding_norm",
            [TensorRole.AttentionNorm] = "model.layers.{0}.operator_norm",
            [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.q_layernorm",
            [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.k_layernorm",
            [TensorRole.AttentionOutput] = "model.layers.{0}.self_attn.out_proj",
            [TensorRole.RecurrentInput] = "model.layers.{0}.conv.in_proj",
            [TensorRole.Convolution] = "model.layers.{0}.conv.conv",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.conv.out_proj",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.ffn_norm",
            [TensorRole.Gate] = "model.layers.{0}.feed_forward.w1",
            [TensorRole.Down] = "model.layers.{0}.feed_forward.w2",
            [TensorRole.Up] = "model.layers.{0}.feed_forward.w3",
        }),
        GgufTensors = TensorNames.Gguf.With(new()
        {
            [TensorRole.OutputNorm] = "token_embd_norm",
            [TensorRole.RecurrentInput] = "blk.{0}.shortconv.in_proj",
            [TensorRole.Convolution] = "blk.{0}.shortconv.conv",
            [TensorRole.RecurrentOutput] = "blk.{0}.shortconv.out_proj",
        }),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        RecurrentConfig.ShortConvolution convolution = new(
            config.GetInt32("hidden_size"), config.GetInt32("conv_L_cache"), config.GetBoolOrNull("conv_bias") ?? false);
        float[]? attention = config.GetSinglesOrNull("full_attn_idxs");
        bool[] attends = HybridLayers.ReadTypes(config, count, "conv") ?? [.. Enumerable.Range(0, count).Select(i => attention?.Contains(i) ?? true)];
        return HybridLayers.Of(attends, convolution);
    }

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count) => HybridLayers.Of(
        Array.ConvertAll(keys.Int32s("attention.head_count_kv", count), heads => heads > 0),
        new RecurrentConfig.ShortConvolution(keys.Int32("embedding_length"), keys.Int32("shortconv.l_cache"), HasBias: false));

    private static int ReadFeedForwardSize(HuggingFaceConfig config)
    {
        int size = config.GetInt32OrNull("block_ff_dim") ?? config.GetInt32("intermediate_size");
        if (config.GetBoolOrNull("block_auto_adjust_ff_dim") != true)
        {
            return size;
        }

        size = (int)(2L * size / 3);
        if (config.GetSingleOrNull("block_ffn_dim_multiplier") is not { } multiplier)
        {
            return size;
        }

        int multiple = Math.Max(config.GetInt32("block_multiple_of"), 1);
        return (int)Math.Min((((long)(multiplier * (double)size) + multiple - 1) / multiple) * multiple, int.MaxValue);
    }
}
