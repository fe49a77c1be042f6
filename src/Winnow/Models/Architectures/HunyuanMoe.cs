using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Hunyuan with experts beside a feed-forward block for all tokens.</summary>
/// <remarks>https://arxiv.org/abs/2411.02265.</remarks>
internal static class HunyuanMoe
{
    public static Architecture Architecture { get; } = HunyuanDense.Architecture with
    {
        HuggingFaceName = "hunyuan_v1_moe",
        GgufName = "hunyuan-moe",
        Router = new ExpertRouter(Used: 1, NormalizesWeights: true),
        HuggingFaceKeys = new Dictionary<string, string> { ["num_experts_per_tok"] = "moe_topk", ["moe_intermediate_size"] = "intermediate_size" },
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_experts": 1, "num_experts_per_tok": 1 }
            """,

        // All feed-forward blocks are of one size, whatever other keys say.
        ReadHuggingFace = (_, config) => config.Experts is not { } experts ? config : config with { Experts = experts with { SharedSize = config.FeedForwardSize } },
        HuggingFaceTensors = TensorNames.HuggingFaceExperts.With(new()
        {
            [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.query_layernorm",
            [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.key_layernorm",
            [TensorRole.Router] = "model.layers.{0}.mlp.gate.wg",
            [TensorRole.SharedGate] = "model.layers.{0}.mlp.shared_mlp.gate_proj",
            [TensorRole.SharedUp] = "model.layers.{0}.mlp.shared_mlp.up_proj",
            [TensorRole.SharedDown] = "model.layers.{0}.mlp.shared_mlp.down_proj",
        }),
    };
}
