using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Mamba, and Falcon Mamba with norms inside: layers of selective state spaces and nothing else.</summary>
/// <remarks>https://arxiv.org/abs/2312.00752, https://arxiv.org/abs/2410.05355.</remarks>
internal static class Mamba
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "mamba",
        GgufName = "mamba",
        HuggingFaceLayers = (config, count) => ReadLayers(config, count, normsSelection: false),
        GgufLayers = ReadLayers,
        HuggingFaceDefaults = """
            {
              "layer_norm_epsilon": 1e-5, "tie_word_embeddings": true, "max_position_embeddings": 1048576, "state_size": 16, "conv_kernel": 4,
              "expand": 2, "use_bias": false, "use_conv_bias": true
            }
            """,
        HuggingFaceTensors = TensorNames.Backbone.With(new()
        {
            [TensorRole.StateSelection] = "backbone.layers.{0}.mixer.x_proj",
            [TensorRole.StepProjection] = "backbone.layers.{0}.mixer.dt_proj",
            [TensorRole.StepBias] = "backbone.layers.{0}.mixer.dt_proj.bias",
        }),
    };

    public static Architecture Falcon { get; } = Architecture with
    {
        HuggingFaceName = "falcon_mamba",
        HuggingFaceLayers = (config, count) => ReadLayers(config, count, normsSelection: true),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count, bool normsSelection)
    {
        int hidden = config.GetInt32("hidden_size");
        int channels = config.GetInt32OrNull("intermediate_size") ?? config.GetInt32("expand") * hidden;
        int rank = config.IsText("time_step_rank", "auto") ? (hidden + 15) / 16 : config.GetInt32OrNull("time_step_rank") ?? (hidden + 15) / 16;
        RecurrentConfig.SelectiveStateSpace space = new(channels, config.GetInt32("state_size"), rank, config.GetInt32("conv_kernel"))
        {
            HasConvolutionBias = config.GetBoolOrNull("use_conv_bias") == true,
            HasProjectionBias = config.GetBoolOrNull("use_bias") == true,
            NormsSelection = normsSelection,
            SelectionEpsilon = normsSelection ? config.GetSingleOrNull("mixer_rms_eps") ?? 1e-6f : null,
        };
        return HybridLayers.Only(space, count);
    }

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count) => HybridLayers.Only(
        new RecurrentConfig.SelectiveStateSpace(
            keys.Int32("ssm.inner_size"), keys.Int32("ssm.state_size"), keys.Int32("ssm.time_step_rank"), keys.Int32("ssm.conv_kernel"))
        {
            NormsSelection = keys.BoolOrNull("ssm.dt_b_c_rms") == true,
            SelectionEpsilon = keys.SingleOrNull("ssm.dt_b_c_rms_epsilon"),
        },
        count);
}
