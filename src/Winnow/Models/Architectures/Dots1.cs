using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>dots.llm1: the experts of DeepSeek V3 behind plain attention with norms of heads.</summary>
/// <remarks>https://arxiv.org/abs/2506.05767.</remarks>
internal static class Dots1
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "dots1",
        GgufName = "dots1",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        HasSlidingWindow = true,
        Router = new ExpertRouter(Used: 6, NormalizesWeights: false) { Scoring = RouterScoring.Sigmoid, GroupsSumTwo = true },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 32, "norm_topk_prob": false,
              "moe_intermediate_size": 1408, "sliding_window": 4096, "max_window_layers": 62
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFaceExperts,
    };
}
