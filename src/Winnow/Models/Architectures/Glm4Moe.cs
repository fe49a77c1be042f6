using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GLM-4.5 and 4.6: experts chosen by sigmoids with a correction, one of them shared; norms of heads in the larger model.</summary>
/// <remarks>https://arxiv.org/abs/2508.06471.</remarks>
internal static class Glm4Moe
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "glm4_moe",
        GgufName = "glm4moe",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true) { Scoring = RouterScoring.Sigmoid, GroupsSumTwo = true },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 8, "partial_rotary_factor": 0.5,
              "n_routed_experts": 128, "num_experts_per_tok": 8, "n_shared_experts": 1, "moe_intermediate_size": 1408, "norm_topk_prob": true,
              "num_nextn_predict_layers": 1
            }
            """,
        ReadHuggingFace = (keys, config) => config with { NormsHeads = keys.GetBoolOrNull("use_qk_norm") ?? false },
        ReadGguf = (_, config) => config with { NormsHeads = false },
        HuggingFaceTensors = TensorNames.HuggingFaceExperts,
        GgufTensors = TensorNames.Gguf.With(new() { [TensorRole.FeedForwardNorm] = "blk.{0}.post_attention_norm" }),
    };
}
