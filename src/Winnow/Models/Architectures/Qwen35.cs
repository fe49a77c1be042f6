using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 3.5: three layers of gated delta nets to one of gated attention, a rotated quarter of each head, norms less one.</summary>
/// <remarks>https://arxiv.org/abs/2412.06464, https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_5.</remarks>
internal static class Qwen35
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "qwen3_5_text",
        GgufName = "qwen35",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        HuggingFaceNormsAreOffsets = true,
        GatesAttention = true,
        HuggingFaceLayers = (config, count) => HybridLayers.Of(
            HybridLayers.ReadTypes(config, count, "linear_attention") ?? HybridLayers.Every(config.GetInt32("full_attention_interval"), count),
            ReadDelta(config)),
        GgufTilesValueHeads = true,
        GgufLayers = (keys, count) => ReadLayers(keys, count, tilesKeyHeads: true),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "partial_rotary_factor": 0.25, "tie_word_embeddings": false, "head_dim": 256,
              "num_key_value_heads": 4, "max_position_embeddings": 32768, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
              "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.QueryKeyValue] = "model.layers.{0}.linear_attn.in_proj_qkv",
            [TensorRole.RecurrentGate] = "model.layers.{0}.linear_attn.in_proj_z",
            [TensorRole.RecurrentRate] = "model.layers.{0}.linear_attn.in_proj_b",
            [TensorRole.RecurrentDecay] = "model.layers.{0}.linear_attn.in_proj_a",
            [TensorRole.Convolution] = "model.layers.{0}.linear_attn.conv1d",
            [TensorRole.StateRate] = "model.layers.{0}.linear_attn.A_log",
            [TensorRole.StepBias] = "model.layers.{0}.linear_attn.dt_bias",
            [TensorRole.RecurrentNorm] = "model.layers.{0}.linear_attn.norm",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.linear_attn.out_proj",
        }),
        GgufTensors = GgufTensors,
    };

    /// <summary>The norm before the feed-forward block has another name than in other files.</summary>
    private static TensorNames GgufTensors => TensorNames.Gguf.With(new() { [TensorRole.FeedForwardNorm] = "blk.{0}.post_attention_norm" })
        .Without(TensorRole.PostAttentionNorm);

    private static RecurrentConfig.GatedDelta ReadDelta(HuggingFaceConfig config) => new(
        new LinearAttentionShape(
            config.GetInt32("linear_num_value_heads"),
            config.GetInt32("linear_num_key_heads"),
            config.GetInt32("linear_key_head_dim"),
            config.GetInt32("linear_value_head_dim"))
        {
            IsDelta = true,
        },
        config.GetInt32("linear_conv_kernel_dim"));

    /// <summary>The layers of a GGUF file.</summary>
    /// <param name="keys">Its metadata.</param>
    /// <param name="count">How many.</param>
    /// <param name="tilesKeyHeads">Whether value head h reads key head h mod keyHeads.</param>
    public static LayerBlocks[] ReadLayers(GgufKeys keys, int count, bool tilesKeyHeads)
    {
        int heads = keys.Int32("ssm.time_step_rank");
        LinearAttentionShape shape = new(
            heads, keys.Int32("ssm.group_count"), keys.Int32("ssm.state_size"), keys.Int32("ssm.inner_size") / Math.Max(heads, 1))
        {
            IsDelta = true,
            TilesKeyHeads = tilesKeyHeads,
        };
        return HybridLayers.Of(ReadAttendingLayers(keys, count), new RecurrentConfig.GatedDelta(shape, keys.Int32("ssm.conv_kernel")));
    }

    /// <summary>Which layers of a GGUF file attend.</summary>
    public static bool[] ReadAttendingLayers(GgufKeys keys, int count) => keys.BoolsOrNull("attention.recurrent_layers", count) is { } recurrent
        ? Array.ConvertAll(recurrent, isRecurrent => !isRecurrent)
        : HybridLayers.Every(keys.Int32OrNull("full_attention_interval") ?? 4, count);
}
