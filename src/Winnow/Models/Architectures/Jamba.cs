using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Jamba: selective state spaces between few layers of attention without positions, and experts in every other layer.</summary>
/// <remarks>https://arxiv.org/abs/2403.19887.</remarks>
internal static class Jamba
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "jamba",
        GgufName = "jamba",
        NoRopeInterval = 1,
        HuggingFaceLayers = ReadLayers,
        GgufLayers = ReadLayers,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 8, "max_position_embeddings": 262144,
              "num_experts": 16, "num_experts_per_tok": 2, "norm_topk_prob": false, "attn_layer_period": 8, "attn_layer_offset": 4,
              "mamba_d_state": 16, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_conv_bias": true, "mamba_proj_bias": false
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.OutputNorm] = "model.final_layernorm",
            [TensorRole.RecurrentInput] = "model.layers.{0}.mamba.in_proj",
            [TensorRole.Convolution] = "model.layers.{0}.mamba.conv1d",
            [TensorRole.StateSelection] = "model.layers.{0}.mamba.x_proj",
            [TensorRole.StepProjection] = "model.layers.{0}.mamba.dt_proj",
            [TensorRole.StepBias] = "model.layers.{0}.mamba.dt_proj.bias",
            [TensorRole.StateRate] = "model.layers.{0}.mamba.A_log",
            [TensorRole.StateSkip] = "model.layers.{0}.mamba.D",
            [TensorRole.StepNorm] = "model.layers.{0}.mamba.dt_layernorm",
            [TensorRole.StateKeyNorm] = "model.layers.{0}.mamba.b_layernorm",
            [TensorRole.StateQueryNorm] = "model.layers.{0}.mamba.c_layernorm",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.mamba.out_proj",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.pre_ff_layernorm",
            [TensorRole.Gate] = "model.layers.{0}.feed_forward.gate_proj",
            [TensorRole.Up] = "model.layers.{0}.feed_forward.up_proj",
            [TensorRole.Down] = "model.layers.{0}.feed_forward.down_proj",
            [TensorRole.Router] = "model.layers.{0}.feed_forward.router",
            [TensorRole.ExpertGate] = "model.layers.{0}.feed_forward.experts.{1}.gate_proj",
            [TensorRole.ExpertUp] = "model.layers.{0}.feed_forward.experts.{1}.up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.feed_forward.experts.{1}.down_proj",
        }),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        int hidden = config.GetInt32("hidden_size");
        int period = Math.Max(config.GetInt32("attn_layer_period"), 1);
        int offset = config.GetInt32("attn_layer_offset");
        bool[] attends = HybridLayers.ReadTypes(config, count, "linear_attention", "mamba")
            ?? [.. Enumerable.Range(0, count).Select(i => i % period == offset)];
        int rank = config.IsText("mamba_dt_rank", "auto") ? (hidden + 15) / 16 : config.GetInt32OrNull("mamba_dt_rank") ?? (hidden + 15) / 16;
        return HybridLayers.Of(attends, new RecurrentConfig.SelectiveStateSpace(
            config.GetInt32("mamba_expand") * hidden, config.GetInt32("mamba_d_state"), rank, config.GetInt32("mamba_d_conv"))
        {
            HasConvolutionBias = config.GetBoolOrNull("mamba_conv_bias") == true,
            HasProjectionBias = config.GetBoolOrNull("mamba_proj_bias") == true,
            NormsSelection = true,
        });
    }

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count) => HybridLayers.Of(
        Array.ConvertAll(keys.Int32s("attention.head_count_kv", count), heads => heads > 0),
        new RecurrentConfig.SelectiveStateSpace(
            keys.Int32("ssm.inner_size"), keys.Int32("ssm.state_size"), keys.Int32("ssm.time_step_rank"), keys.Int32("ssm.conv_kernel"))
        {
            NormsSelection = true,
        });
}
