using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 1.5 and 2 with experts, and one that every token goes through, weighted by a gate of its own.</summary>
/// <remarks>https://arxiv.org/abs/2407.10671, section 2.2.2.</remarks>
internal static class Qwen2Moe
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "qwen2_moe",
        GgufName = "qwen2moe",
        HasSlidingWindow = true,
        Router = new ExpertRouter(Used: 4, NormalizesWeights: false),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 16,
              "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28,
              "num_experts": 60, "num_experts_per_tok": 4, "moe_intermediate_size": 1408, "shared_expert_intermediate_size": 5632, "norm_topk_prob": false
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFaceExperts.With(new()
        {
            [TensorRole.SharedRouter] = "model.layers.{0}.mlp.shared_expert_gate",
            [TensorRole.SharedGate] = "model.layers.{0}.mlp.shared_expert.gate_proj",
            [TensorRole.SharedUp] = "model.layers.{0}.mlp.shared_expert.up_proj",
            [TensorRole.SharedDown] = "model.layers.{0}.mlp.shared_expert.down_proj",
        }),
    };
}
