using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>
/// MiniMax-Text-01: lightning attention in most layers, experts in all; beside a block goes its normalised input, times a factor.
/// </summary>
/// <remarks>https://arxiv.org/abs/2501.08313. llama.cpp does not know it; GGUF files have names of its kind.</remarks>
internal static class MiniMax
{
    /// <summary>The epsilon of the norm inside lightning attention, whatever the others have.</summary>
    private const float InnerEpsilon = 1e-6f;

    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "minimax",
        GgufName = "minimax",
        HuggingFaceLayers = ReadLayers,
        GgufLayers = ReadLayers,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 1000000.0, "tie_word_embeddings": false, "num_key_value_heads": 8, "max_position_embeddings": 131072,
              "num_local_experts": 8, "num_experts_per_tok": 2, "norm_topk_prob": true
            }
            """,
        HuggingFaceTensors = Mixtral.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.RecurrentQueryKeyValue] = "model.layers.{0}.self_attn.qkv_proj",
            [TensorRole.RecurrentGate] = "model.layers.{0}.self_attn.output_gate",
            [TensorRole.RecurrentNorm] = "model.layers.{0}.self_attn.norm",
            [TensorRole.RecurrentOutput] = "model.layers.{0}.self_attn.out_proj",
        }),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        int heads = config.GetInt32("num_attention_heads");
        int headDimension = config.GetInt32OrNull("head_dim") ?? config.GetInt32("hidden_size") / Math.Max(heads, 1);
        bool[] attends = HybridLayers.ReadTypes(config, count, "linear_attention") ?? [.. Enumerable.Range(0, count).Select(i => i % 2 == 0)];
        float Factor(string key) => config.GetSingleOrNull(key) ?? 1;
        return Layers(
            attends,
            new RecurrentConfig.Lightning(heads, headDimension) { NormEpsilon = InnerEpsilon },
            new(Factor("full_attn_alpha_factor"), Factor("full_attn_beta_factor"), Factor("mlp_alpha_factor"), Factor("mlp_beta_factor")),
            new(Factor("linear_attn_alpha_factor"), Factor("linear_attn_beta_factor"), Factor("mlp_alpha_factor"), Factor("mlp_beta_factor")));
    }

    private static LayerBlocks[] ReadLayers(GgufKeys keys, int count)
    {
        float[] full = keys.SinglesOrNull("residual_factors.full", 4) ?? throw keys.Missing("residual_factors.full");
        float[] linear = keys.SinglesOrNull("residual_factors.linear", 4) ?? throw keys.Missing("residual_factors.linear");
        return Layers(
            Qwen35.ReadAttendingLayers(keys, count),
            new RecurrentConfig.Lightning(keys.Int32("attention.head_count"), keys.Int32("attention.key_length")) { NormEpsilon = InnerEpsilon },
            new(full[0], full[1], full[2], full[3]),
            new(linear[0], linear[1], linear[2], linear[3]));
    }

    private static LayerBlocks[] Layers(bool[] attends, RecurrentConfig.Lightning lightning, ResidualFactors full, ResidualFactors linear) =>
        Array.ConvertAll(attends, isAttention => new LayerBlocks(isAttention, isAttention ? null : lightning) { Residual = isAttention ? full : linear });
}
