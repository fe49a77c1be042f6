using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>OLMoE: experts, and norms of whole query and key projections.</summary>
/// <remarks>https://arxiv.org/abs/2409.02060.</remarks>
internal static class OlmoE
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "olmoe",
        GgufName = "olmoe",
        QueryKeyNorm = QueryKeyNorm.WholeProjection,
        Router = new ExpertRouter(Used: 8, NormalizesWeights: false),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_experts": 64, "num_experts_per_tok": 8,
              "norm_topk_prob": false
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFaceExperts,
    };
}
