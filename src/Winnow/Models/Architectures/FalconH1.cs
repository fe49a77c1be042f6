using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Falcon-H1: attention and a state space of Mamba 2 side by side in every layer, and multipliers nearly everywhere.</summary>
/// <remarks>https://arxiv.org/abs/2507.22448. GGUF files have the multipliers in their weights.</remarks>
internal static class FalconH1
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "falcon_h1",
        GgufName = "falcon-h1",
        GgufFoldsScales = true,
        ReadHuggingFace = ReadScales,
        HuggingFaceLayers = (config, count) => [.. Enumerable.Repeat(new LayerBlocks(Attends: true, ReadSpace(config)), count)],
        GgufLayers = (keys, count) => [.. Enumerable.Repeat(new LayerBlocks(Attends: true, Mamba2.ReadSpace(keys)), count)],
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 8, "max_position_embeddings": 8192,
              "mamba_d_ssm": 1024, "mamba_n_heads": 128, "mamba_n_groups": 1, "mamba_d_state": 256, "mamba_d_conv": 4, "mamba_expand": 2,
              "mamba_conv_bias": true, "mamba_proj_bias": false, "mamba_norm_before_gate": true, "mamba_rms_norm": false
            }
            """,
        HuggingFaceTensors = Bamba.Architecture.HuggingFaceTensors,
    };

    private static RecurrentConfig.StateSpace ReadSpace(HuggingFaceConfig config)
    {
        float input = config.GetSingleOrNull("ssm_in_multiplier") ?? 1;
        float[] sections = Multipliers(config, "ssm_multipliers", 5);
        RecurrentConfig.StateSpace space = Bamba.ReadSpace(config);
        if (space.HasProjectionBias && Array.Exists([input, .. sections], factor => factor != 1))
        {
            throw config.Wrong("mamba_proj_bias", "false where 'ssm_in_multiplier' and 'ssm_multipliers' are not 1");
        }

        return space with
        {
            NormGroups = config.GetBoolOrNull("mamba_rms_norm") == true ? space.Groups : 0,
            NormsBeforeGate = config.GetBoolOrNull("mamba_norm_before_gate") == true,
            Scales = new(input * sections[0], input * sections[1], input * sections[2], input * sections[3], input * sections[4]),
        };
    }

    private static ModelConfig ReadScales(HuggingFaceConfig config, ModelConfig model)
    {
        float input = config.GetSingleOrNull("attention_in_multiplier") ?? 1;
        if (input != 1 && config.GetBoolOrNull("attention_bias") == true)
        {
            throw config.Wrong("attention_bias", "false where 'attention_in_multiplier' is not 1");
        }

        float[] feedForward = Multipliers(config, "mlp_multipliers", 2);

        // What queries, keys and values are multiplied with moves on to scores and results.
        return model with
        {
            AttentionScale = model.AttentionScale * input * input * (config.GetSingleOrNull("key_multiplier") ?? 1),
            AttentionOutputScale = input * (config.GetSingleOrNull("attention_out_multiplier") ?? 1),
            RecurrentOutputScale = config.GetSingleOrNull("ssm_out_multiplier") ?? 1,
            GateScale = feedForward[0],
            FeedForwardScale = feedForward[1],
            LogitScale = config.GetSingleOrNull("lm_head_multiplier") ?? 1,
        };
    }

    private static float[] Multipliers(HuggingFaceConfig config, string key, int count)
    {
        float[] values = config.GetSinglesOrNull(key) ?? [.. Enumerable.Repeat(1f, count)];
        return values.Length == count ? values : throw config.Wrong(key, $"a list of {count} numbers");
    }
}
