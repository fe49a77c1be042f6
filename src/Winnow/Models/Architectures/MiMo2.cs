using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>MiMo V2 Flash: sinks and twice the KV heads in layers with a window, values shorter than keys, experts as in DeepSeek V3.</summary>
/// <remarks>https://huggingface.co/XiaomiMiMo/MiMo-V2-Flash.</remarks>
internal static class MiMo2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "mimo_v2_flash",
        GgufName = "mimo2",
        HasSlidingWindow = true,
        Router = new ExpertRouter(Used: 8, NormalizesWeights: true) { Scoring = RouterScoring.Sigmoid, GroupsSumTwo = true },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 5000000.0, "tie_word_embeddings": false, "head_dim": 192, "v_head_dim": 128, "num_key_value_heads": 4,
              "sliding_window": 128, "n_routed_experts": 256, "num_experts_per_tok": 8, "moe_intermediate_size": 2048, "norm_topk_prob": true,
              "attention_value_scale": 0.707,
              "rope_parameters": {
                "full_attention": { "rope_type": "default", "rope_theta": 5000000.0, "partial_rotary_factor": 0.334 },
                "sliding_attention": { "rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.334 }
              }
            }
            """,
        ReadHuggingFace = (_, config) => config with
        {
            Layers = [.. config.Layers.Select(layer => layer.Window > 0 ? layer with { KvHeads = 2 * config.KvHeads } : layer)],
        },
        HuggingFaceTensors = TensorNames.HuggingFaceExperts.With(new() { [TensorRole.AttentionSinks] = "model.layers.{0}.self_attn.attention_sink_bias" }),
    };
}
