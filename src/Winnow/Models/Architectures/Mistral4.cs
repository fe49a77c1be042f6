using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Mistral Small 4: the attention of DeepSeek V2 with queries that grow with their position, experts chosen by softmax.</summary>
/// <remarks>https://huggingface.co/mistralai.</remarks>
internal static class Mistral4
{
    public static Architecture Architecture { get; } = DeepSeek2.Architecture with
    {
        HuggingFaceName = "mistral4",
        GgufName = "mistral4",
        Router = new ExpertRouter(Used: 4, NormalizesWeights: true) { GroupsSumTwo = true },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "kv_lora_rank": 256, "q_lora_rank": 1024,
              "qk_nope_head_dim": 64, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 128, "n_shared_experts": 1,
              "moe_intermediate_size": 2048, "num_experts_per_tok": 4, "norm_topk_prob": true, "routed_scaling_factor": 1.0
            }
            """,
        ReadHuggingFace = Ministral3.ReadTemperature,
        ReadGguf = null,
        HuggingFaceTensors = DeepSeek2.LatentNames.Without(TensorRole.ExpertGate, TensorRole.ExpertUp).With(new()
        {
            [TensorRole.ExpertGateUp] = "model.layers.{0}.mlp.experts.gate_up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.down_proj",
        }),
    };
}
