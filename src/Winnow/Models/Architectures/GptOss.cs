using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>gpt-oss: experts with clamped gates and biases, a logit of each head that takes attention away, a window in every other layer.</summary>
/// <remarks>https://arxiv.org/abs/2508.10925.</remarks>
internal static class GptOss
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gpt_oss",
        GgufName = "gpt-oss",
        Activation = Activation.ClampedSwish,
        HasSlidingWindow = true,
        FullAttentionInterval = 2,
        YarnRoundsBounds = false,
        Router = new ExpertRouter(Used: 4, NormalizesWeights: true),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 150000.0, "tie_word_embeddings": false, "head_dim": 64, "num_key_value_heads": 8,
              "sliding_window": 128, "num_local_experts": 128, "num_experts_per_tok": 4,
              "rope_parameters": {
                "rope_type": "yarn", "rope_theta": 150000.0, "factor": 32.0, "beta_fast": 32.0, "beta_slow": 1.0, "truncate": false,
                "original_max_position_embeddings": 4096
              }
            }
            """,
        HuggingFaceExperts = new ExpertLayout { GateUpIsTransposed = true, DownIsTransposed = true, GateUpIsInterleaved = true },
        ReadHuggingFace = (_, config) => config with { Activation = Activation.ClampedSwish },
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.AttentionSinks] = "model.layers.{0}.self_attn.sinks",
            [TensorRole.Router] = "model.layers.{0}.mlp.router",
            [TensorRole.ExpertGateUp] = "model.layers.{0}.mlp.experts.gate_up_proj",
            [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.down_proj",
        }),
        GgufTensors = TensorNames.Gguf.With(new() { [TensorRole.FeedForwardNorm] = "blk.{0}.post_attention_norm" }),
    };
}
