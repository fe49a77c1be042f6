using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>DBRX: fine-grained experts, limited queries, keys and values, layer norms without bias.</summary>
/// <remarks>https://www.databricks.com/blog/introducing-dbrx-new-state-art-open-llm.</remarks>
internal static class Dbrx
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "dbrx",
        GgufName = "dbrx",
        Norm = NormKind.Layer,
        Router = new ExpertRouter(Used: 4, NormalizesWeights: true),
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["hidden_size"] = "d_model",
            ["num_attention_heads"] = "n_heads",
            ["num_hidden_layers"] = "n_layers",
            ["max_position_embeddings"] = "max_seq_len",
            ["clip_qkv"] = "attn_config.clip_qkv",
            ["num_key_value_heads"] = "attn_config.kv_n_heads",
            ["rope_theta"] = "attn_config.rope_theta",
            ["intermediate_size"] = "ffn_config.ffn_hidden_size",
            ["moe_num_experts"] = "ffn_config.moe_num_experts",
            ["num_experts_per_tok"] = "ffn_config.moe_top_k",
            ["hidden_act"] = "ffn_config.ffn_act_fn.name",
            ["moe_normalize_expert_weights"] = "ffn_config.moe_normalize_expert_weights",
        },
        HuggingFaceDefaults = """{ "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "moe_normalize_expert_weights": 1.0 }""",
        HuggingFaceExperts = new ExpertLayout { DownIsTransposed = true },
        ReadHuggingFace = ReadHuggingFace,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.wte",
            [TensorRole.OutputNorm] = "transformer.norm_f",
            [TensorRole.AttentionNorm] = "transformer.blocks.{0}.norm_attn_norm.norm_1",
            [TensorRole.QueryKeyValue] = "transformer.blocks.{0}.norm_attn_norm.attn.Wqkv",
            [TensorRole.AttentionOutput] = "transformer.blocks.{0}.norm_attn_norm.attn.out_proj",
            [TensorRole.FeedForwardNorm] = "transformer.blocks.{0}.norm_attn_norm.norm_2",
            [TensorRole.Router] = "transformer.blocks.{0}.ffn.router.layer",
            [TensorRole.ExpertGate] = "transformer.blocks.{0}.ffn.experts.mlp.w1",
            [TensorRole.ExpertUp] = "transformer.blocks.{0}.ffn.experts.mlp.v1",
            [TensorRole.ExpertDown] = "transformer.blocks.{0}.ffn.experts.mlp.w2",
        }),
        GgufTensors = TensorNames.Gguf.With(new() { [TensorRole.FeedForwardNorm] = "blk.{0}.attn_output_norm" }),
    };

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        float? norm = keys.GetSingleOrNull("moe_normalize_expert_weights");
        if (norm is not (null or 1))
        {
            throw keys.Wrong("moe_normalize_expert_weights", "1 or null: only sums of weights are supported");
        }

        return config.Experts is not { } experts
            ? config
            : config with { Experts = experts with { Router = experts.Router with { NormalizesWeights = norm is not null } } };
    }
}
