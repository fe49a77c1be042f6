using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Phi 3.5 MoE: layer norms, biases, and experts that SparseMixer chooses.</summary>
/// <remarks>https://arxiv.org/abs/2404.14219, section 3.1; https://arxiv.org/abs/2412.04449.</remarks>
internal static class PhiMoe
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "phimoe",
        GgufName = "phimoe",
        Norm = NormKind.Layer,
        Router = new ExpertRouter(Used: 2, NormalizesWeights: false) { Scoring = RouterScoring.SparseMixer },
        HasSlidingWindow = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": false, "num_key_value_heads": 8,
              "num_local_experts": 16, "num_experts_per_tok": 2, "router_jitter_noise": 0.01
            }
            """,
        ReadHuggingFace = ReadHuggingFace,
        ReadGguf = (keys, config) => config with { Experts = WithReach(config.Experts, keys.SingleOrNull("router_jitter_noise") ?? 0.01f) },
        WriteGguf = (config, set) => set("router_jitter_noise", (config.Experts?.Router.Reach ?? 0) / 2),
        HuggingFaceTensors = Mixtral.Architecture.HuggingFaceTensors,
    };

    /// <summary>
    /// Sine and cosine have magnitudes of their own for short and long contexts; the frequencies are the short ones for both, for the
    /// class never asks for the others.
    /// </summary>
    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        HuggingFaceConfig? rope = keys.GetObjectOrNull("rope_parameters") ?? keys.GetObjectOrNull("rope_scaling");
        return config with
        {
            Layers = [.. config.Layers.Select(layer => layer with { Rope = WithMagnitudes(layer.Rope, rope) })],
            Experts = WithReach(config.Experts, keys.GetSingleOrNull("router_jitter_noise") ?? 0.01f),
        };
    }

    private static RopeConfig? WithMagnitudes(RopeConfig? rope, HuggingFaceConfig? keys) => rope?.Scaling is not RopeScaling.LongRope scaling ? rope : rope with
    {
        Scaling = scaling with
        {
            LongFactors = scaling.ShortFactors,
            Magnitude = keys?.GetSingleOrNull("long_mscale") ?? scaling.Magnitude,
            ShortMagnitude = keys?.GetSingleOrNull("short_mscale") ?? scaling.Magnitude,
        },
    };

    private static ExpertConfig? WithReach(ExpertConfig? experts, float noise) =>
        experts is null ? null : experts with { Router = experts.Router with { Reach = 2 * noise } };
}
