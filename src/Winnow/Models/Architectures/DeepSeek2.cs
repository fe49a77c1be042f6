using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>DeepSeek V2: latent attention, experts chosen by softmax, some of them shared, and groups of them in the large model.</summary>
/// <remarks>https://arxiv.org/abs/2405.04434. GGUF files of DeepSeek V3, GLM-4.7 Flash and others carry this name too.</remarks>
internal static class DeepSeek2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "deepseek_v2",
        GgufName = "deepseek2",
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        Router = new ExpertRouter(Used: 6, NormalizesWeights: false),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "kv_lora_rank": 512, "q_lora_rank": 1536,
              "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "n_routed_experts": 64, "n_shared_experts": 2,
              "moe_intermediate_size": 1407
            }
            """,

        // Its class never normalises weights, and heeds groups only where the method says so.
        ReadHuggingFace = (keys, config) => config.Experts is not { } experts ? config : config with
        {
            RopeIsInterleaved = true,
            Experts = experts with
            {
                Router = experts.Router with
                {
                    NormalizesWeights = false,
                    GroupsUsed = keys.GetStringOrNull("topk_method") == "group_limited_greedy" ? experts.Router.GroupsUsed : experts.Router.Groups,
                },
            },
        },

        // The later models, whose probabilities are sigmoids, judge groups by their two best.
        ReadGguf = (_, config) => config.Experts is not { Router: { Scoring: RouterScoring.Sigmoid } router } experts ? config : config with
        {
            Experts = experts with { Router = router with { GroupsSumTwo = true } },
        },
        HuggingFaceTensors = LatentNames,
    };

    /// <summary>The names of models with latent attention.</summary>
    public static TensorNames LatentNames => TensorNames.HuggingFaceExperts.With(new()
    {
        [TensorRole.LatentQuery] = "model.layers.{0}.self_attn.q_a_proj",
        [TensorRole.LatentQueryNorm] = "model.layers.{0}.self_attn.q_a_layernorm",
        [TensorRole.QueryUp] = "model.layers.{0}.self_attn.q_b_proj",
        [TensorRole.LatentKeyValue] = "model.layers.{0}.self_attn.kv_a_proj_with_mqa",
        [TensorRole.LatentKeyValueNorm] = "model.layers.{0}.self_attn.kv_a_layernorm",
        [TensorRole.LatentKeyValueUp] = "model.layers.{0}.self_attn.kv_b_proj",
    });
}
