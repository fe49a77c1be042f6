using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Mamba 2: layers of state spaces with many heads and nothing else.</summary>
/// <remarks>https://arxiv.org/abs/2405.21060.</remarks>
internal static class Mamba2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "mamba2",
        GgufName = "mamba2",
        HuggingFaceLayers = ReadLayers,
        GgufLayers = (keys, count) => HybridLayers.Only(ReadSpace(keys), count),
        HuggingFaceDefaults = """
            {
              "layer_norm_epsilon": 1e-5, "tie_word_embeddings": false, "max_position_embeddings": 1048576, "num_heads": 128, "head_dim": 64,
              "state_size": 128, "n_groups": 8, "conv_kernel": 4, "use_bias": false, "use_conv_bias": true
            }
            """,
        HuggingFaceTensors = TensorNames.Backbone,
    };

    /// <summary>A state space as GGUF files describe it, the same in all of their architectures.</summary>
    public static RecurrentConfig.StateSpace ReadSpace(GgufKeys keys)
    {
        int heads = keys.Int32("ssm.time_step_rank");
        int groups = keys.Int32("ssm.group_count");
        return new RecurrentConfig.StateSpace(
            heads, keys.Int32("ssm.inner_size") / Math.Max(heads, 1), keys.Int32("ssm.state_size"), groups, keys.Int32("ssm.conv_kernel"))
        {
            NormGroups = keys.Int32OrNull("ssm.norm_group_count") ?? (keys.HasTensor(TensorRole.RecurrentNorm) ? groups : 0),
            NormsBeforeGate = keys.BoolOrNull("ssm.norm_before_gate") == true,
            LeastStep = keys.SingleOrNull("ssm.time_step_min") ?? 0,
            MostStep = keys.SingleOrNull("ssm.time_step_max") ?? float.PositiveInfinity,
        };
    }

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        (float least, float most) = config.GetLimits("time_step_limit", 0, float.PositiveInfinity);
        RecurrentConfig.StateSpace space = new(
            config.GetInt32("num_heads"), config.GetInt32("head_dim"), config.GetInt32("state_size"), config.GetInt32("n_groups"), config.GetInt32("conv_kernel"))
        {
            HasConvolutionBias = config.GetBoolOrNull("use_conv_bias") == true,
            HasProjectionBias = config.GetBoolOrNull("use_bias") == true,
            LeastStep = least,
            MostStep = most,
        };
        return HybridLayers.Only(space, count);
    }
}
