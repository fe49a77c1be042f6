using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 3.5 with experts, and one that every token goes through, weighted by a gate of its own.</summary>
/// <remarks>https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_5_moe.</remarks>
internal static class Qwen35Moe
{
    public static Architecture Architecture { get; } = Qwen35.Architecture with
    {
        HuggingFaceName = "qwen3_5_moe_text",
        GgufName = "qwen35moe",
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "partial_rotary_factor": 0.25, "tie_word_embeddings": false, "head_dim": 256,
              "num_key_value_heads": 2, "max_position_embeddings": 32768, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
              "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
              "intermediate_size": 5632, "num_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 512, "shared_expert_intermediate_size": 512
            }
            """,
        HuggingFaceTensors = Qwen35.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.Router] = "model.layers.{0}.mlp.gate",
            [TensorRole.ExpertGate] = "model.layers.{0}.mlp.experts.{1}.gate_proj",
            [TensorRole.ExpertUp] = "model.layers.{0}.mlp.experts.{1}.up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.{1}.down_proj",
            [TensorRole.SharedRouter] = "model.layers.{0}.mlp.shared_expert_gate",
            [TensorRole.SharedGate] = "model.layers.{0}.mlp.shared_expert.gate_proj",
            [TensorRole.SharedUp] = "model.layers.{0}.mlp.shared_expert.up_proj",
            [TensorRole.SharedDown] = "model.layers.{0}.mlp.shared_expert.down_proj",
        }),
    };
}
