namespace Winnow.Models.Architectures;

/// <summary>GLM-4.7 Flash: the attention of DeepSeek V3 and the experts of GLM-4.5.</summary>
/// <remarks>https://huggingface.co/zai-org/GLM-4.7-Flash. A GGUF file of it is one of DeepSeek V2.</remarks>
internal static class Glm4MoeLite
{
    public static Architecture Architecture { get; } = DeepSeek3.Architecture with
    {
        HuggingFaceName = "glm4_moe_lite",
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "kv_lora_rank": 512, "q_lora_rank": 768,
              "qk_nope_head_dim": 192, "qk_rope_head_dim": 64, "v_head_dim": 256, "n_routed_experts": 64, "n_shared_experts": 1,
              "moe_intermediate_size": 1536, "num_experts_per_tok": 4, "n_group": 1, "topk_group": 1, "norm_topk_prob": true,
              "routed_scaling_factor": 1.8, "num_nextn_predict_layers": 1
            }
            """,
    };
}
