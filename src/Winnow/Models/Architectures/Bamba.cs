using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Bamba: state spaces of Mamba 2 between few layers of attention, of which half of each head is rotated.</summary>
/// <remarks>https://huggingface.co/blog/bamba. A GGUF file of it is one of Granite 4.</remarks>
internal static class Bamba
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "bamba",
        GgufName = "granitehybrid",
        GgufRopeIsInterleaved = true,
        HasOptionalRope = true,
        HuggingFaceLayers = (config, count) =>
        {
            float[] attention = config.GetSinglesOrNull("attn_layer_indices") ?? [];
            return HybridLayers.Of([.. Enumerable.Range(0, count).Select(i => attention.Contains(i))], ReadSpace(config));
        },
        GgufLayers = ReadLayers,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "partial_rotary_factor": 0.5, "tie_word_embeddings": false, "num_key_value_heads": 8,
              "max_position_embeddings": 262144, "mamba_n_heads": 128, "mamba_n_groups": 1, "mamba_d_state": 256, "mamba_d_conv": 4,
              "mamba_expand": 2, "mamba_conv_bias": true, "mamba_proj_bias": false
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.OutputNorm] = "model.final_layernorm",
            [TensorRole.RecurrentInput] = "model.layers.{0}.mamba.in_proj",
            [TensorRole.Convolution] = "model.layers.{0}.mamba.conv1d",
            [TensorRole.StateRate] = "model.layers.{0}.mamba.A_log",
            [TensorRole.StateSkip] = "model.layers.{0}.mamba.D",
            [TensorRole.StepBias] = "model.layers.{0}.mamba.dt_bias",
            [TensorRole.RecurrentNorm] = "model.layers.{0}.mamba.norm",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.mamba.out_proj",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.pre_ff_layernorm",
            [TensorRole.Gate] = "model.layers.{0}.feed_forward.gate_proj",
            [TensorRole.Up] = "model.layers.{0}.feed_forward.up_proj",
            [TensorRole.Down] = "model.layers.{0}.feed_forward.down_proj",
        }),
    };

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count)
    {
        bool rotates = keys.BoolOrNull("rope.scaling.finetuned") != false;
        bool[] attends = Array.ConvertAll(keys.Int32s("attention.head_count_kv", count), heads => heads > 0);
        return Array.ConvertAll(HybridLayers.Of(attends, Mamba2.ReadSpace(keys)), block => block with { Rotates = rotates });
    }

    /// <summary>A state space by the keys that several configurations share.</summary>
    public static RecurrentConfig.StateSpace ReadSpace(HuggingFaceConfig config)
    {
        int width = config.GetInt32OrNull("mamba_d_ssm") ?? config.GetInt32("mamba_expand") * config.GetInt32("hidden_size");
        int heads = config.GetInt32("mamba_n_heads");
        int headDimension = config.IsText("mamba_d_head", "auto") ? width / Math.Max(heads, 1)
            : config.GetInt32OrNull("mamba_d_head") ?? width / Math.Max(heads, 1);
        if ((long)headDimension * heads != width)
        {
            throw config.Wrong("mamba_n_heads", $"so many that heads of {headDimension} elements have {width} together");
        }

        (float least, float most) = config.GetLimits("time_step_limit", 0, float.PositiveInfinity);
        return new RecurrentConfig.StateSpace(
            heads, headDimension, config.GetInt32("mamba_d_state"), config.GetInt32("mamba_n_groups"), config.GetInt32("mamba_d_conv"))
        {
            HasConvolutionBias = config.GetBoolOrNull("mamba_conv_bias") == true,
            HasProjectionBias = config.GetBoolOrNull("mamba_proj_bias") == true,
            LeastStep = least,
            MostStep = most,
        };
    }
}
