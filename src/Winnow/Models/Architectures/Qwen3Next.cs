using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 3 Next: layers as in Qwen 3.5 with experts, but what delta nets read is projected key head by key head.</summary>
/// <remarks>https://github.com/huggingface/transformers/blob/main/src/transformers/models/qwen3_next.</remarks>
internal static class Qwen3Next
{
    public static Architecture Architecture { get; } = Qwen35Moe.Architecture with
    {
        HuggingFaceName = "qwen3_next",
        GgufName = "qwen3next",
        Router = new ExpertRouter(Used: 10, NormalizesWeights: true),
        GgufTilesValueHeads = false,
        GgufLayers = (keys, count) => Qwen35.ReadLayers(keys, count, tilesKeyHeads: false),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "partial_rotary_factor": 0.25, "tie_word_embeddings": false, "head_dim": 256,
              "num_key_value_heads": 2, "max_position_embeddings": 32768, "full_attention_interval": 4, "linear_conv_kernel_dim": 4,
              "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_num_key_heads": 16, "linear_num_value_heads": 32,
              "intermediate_size": 5632, "num_experts": 512, "num_experts_per_tok": 10, "moe_intermediate_size": 512,
              "shared_expert_intermediate_size": 512, "norm_topk_prob": true
            }
            """,
        HuggingFaceTensors = Qwen35Moe.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.RecurrentQueryKeyValueGate] = "model.layers.{0}.linear_attn.in_proj_qkvz",
            [TensorRole.RecurrentRateDecay] = "model.layers.{0}.linear_attn.in_proj_ba",
        }).Without(TensorRole.QueryKeyValue, TensorRole.RecurrentGate, TensorRole.RecurrentRate, TensorRole.RecurrentDecay),
    };
}
