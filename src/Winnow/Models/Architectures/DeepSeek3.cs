using Winnow.Compute;

namespace Winnow.Models.Architectures;

/// <summary>DeepSeek V3 and R1: V2 with experts chosen by sigmoids with a correction, in groups judged by their two best.</summary>
/// <remarks>https://arxiv.org/abs/2412.19437.</remarks>
internal static class DeepSeek3
{
    public static Architecture Architecture { get; } = DeepSeek2.Architecture with
    {
        HuggingFaceName = "deepseek_v3",
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true) { Scoring = RouterScoring.Sigmoid, GroupsSumTwo = true },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "kv_lora_rank": 512, "q_lora_rank": 1536,
              "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 256, "n_shared_experts": 1,
              "moe_intermediate_size": 2048, "num_experts_per_tok": 8, "n_group": 8, "topk_group": 4, "norm_topk_prob": true,
              "routed_scaling_factor": 2.5, "num_nextn_predict_layers": 1
            }
            """,
        ReadHuggingFace = null,
    };
}
