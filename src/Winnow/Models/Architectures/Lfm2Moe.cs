using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>LFM2 with experts in all but the first layers, which the sigmoids of their scores choose.</summary>
/// <remarks>https://arxiv.org/abs/2511.23404.</remarks>
internal static class Lfm2Moe
{
    public static Architecture Architecture { get; } = Lfm2.Architecture with
    {
        HuggingFaceName = "lfm2_moe",
        GgufName = "lfm2moe",
        Router = new ExpertRouter(Used: 4, NormalizesWeights: true) { Scoring = RouterScoring.Sigmoid },
        HuggingFaceFeedForwardSize = null,
        HuggingFaceDefaults = """
            {
              "norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": true, "num_key_value_heads": 8, "conv_L_cache": 3,
              "max_position_embeddings": 128000, "intermediate_size": 7168, "moe_intermediate_size": 1792, "num_dense_layers": 2,
              "num_experts": 32, "num_experts_per_tok": 4, "norm_topk_prob": true, "routed_scaling_factor": 1.0
            }
            """,
        HuggingFaceTensors = Lfm2.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.Router] = "model.layers.{0}.feed_forward.gate",
            [TensorRole.RouterCorrection] = "model.layers.{0}.feed_forward.expert_bias",
            [TensorRole.ExpertGate] = "model.layers.{0}.feed_forward.experts.{1}.w1",
            [TensorRole.ExpertDown] = "model.layers.{0}.feed_forward.experts.{1}.w2",
            [TensorRole.ExpertUp] = "model.layers.{0}.feed_forward.experts.{1}.w3",
        }),
    };
}
