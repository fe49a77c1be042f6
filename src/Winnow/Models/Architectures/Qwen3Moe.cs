using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 3 with experts instead of one feed-forward block.</summary>
/// <remarks>https://arxiv.org/abs/2505.09388.</remarks>
internal static class Qwen3Moe
{
    public static Architecture Architecture { get; } = Qwen3.Architecture with
    {
        HuggingFaceName = "qwen3_moe",
        GgufName = "qwen3moe",
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false,
              "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28,
              "num_experts": 128, "num_experts_per_tok": 8, "norm_topk_prob": false
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Router] = "model.layers.{0}.mlp.gate",
            [TensorRole.ExpertGate] = "model.layers.{0}.mlp.experts.{1}.gate_proj",
            [TensorRole.ExpertUp] = "model.layers.{0}.mlp.experts.{1}.up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.{1}.down_proj",
        }),
    };
}
