using System.Globalization;

namespace Winnow.Models.Weights;

/// <summary>What a file format calls the tensors of a model, without the <c>.weight</c> or <c>.bias</c> at the end.</summary>
/// <remarks>In a name, <c>{0}</c> stands for the layer and <c>{1}</c> for the expert; names that a role may have are separated by bars.</remarks>
internal sealed class TensorNames
{
    private readonly Dictionary<TensorRole, string> _templates;

    private TensorNames(Dictionary<TensorRole, string> templates)
    {
        _templates = templates;
    }

    /// <summary>The names of GGUF files, the same in nearly every architecture.</summary>
    public static TensorNames Gguf { get; } = new(new()
    {
        [TensorRole.Embedding] = "token_embd",
        [TensorRole.PositionEmbedding] = "position_embd",
        [TensorRole.EmbeddingNorm] = "token_embd_norm",
        [TensorRole.PerLayerEmbedding] = "per_layer_token_embd",
        [TensorRole.PerLayerModelProjection] = "per_layer_model_proj",
        [TensorRole.PerLayerProjectionNorm] = "per_layer_proj_norm",
        [TensorRole.OutputNorm] = "output_norm",
        [TensorRole.Output] = "output",
        [TensorRole.AttentionNorm] = "blk.{0}.attn_norm",
        [TensorRole.Query] = "blk.{0}.attn_q",
        [TensorRole.Key] = "blk.{0}.attn_k",
        [TensorRole.Value] = "blk.{0}.attn_v",
        [TensorRole.QueryKeyValue] = "blk.{0}.attn_qkv",
        [TensorRole.LatentQuery] = "blk.{0}.attn_q_a",
        [TensorRole.LatentQueryNorm] = "blk.{0}.attn_q_a_norm",
        [TensorRole.QueryUp] = "blk.{0}.attn_q_b",
        [TensorRole.LatentKeyValue] = "blk.{0}.attn_kv_a_mqa",
        [TensorRole.LatentKeyValueNorm] = "blk.{0}.attn_kv_a_norm",
        [TensorRole.LatentKeyValueUp] = "blk.{0}.attn_kv_b",
        [TensorRole.LatentKeyUp] = "blk.{0}.attn_k_b",
        [TensorRole.LatentValueUp] = "blk.{0}.attn_v_b",
        [TensorRole.QueryNorm] = "blk.{0}.attn_q_norm",
        [TensorRole.KeyNorm] = "blk.{0}.attn_k_norm",
        [TensorRole.AttentionSinks] = "blk.{0}.attn_sinks",
        [TensorRole.AttentionSubNorm] = "blk.{0}.attn_sub_norm",
        [TensorRole.AttentionOutput] = "blk.{0}.attn_output",
        [TensorRole.PostAttentionNorm] = "blk.{0}.post_attention_norm",
        [TensorRole.RecurrentInput] = "blk.{0}.ssm_in",
        [TensorRole.RecurrentGate] = "blk.{0}.attn_gate",
        [TensorRole.RecurrentRate] = "blk.{0}.ssm_beta",
        [TensorRole.RecurrentDecay] = "blk.{0}.ssm_alpha",
        [TensorRole.RecurrentRateDecay] = "blk.{0}.ssm_ba",
        [TensorRole.RecurrentQueryKeyValueGate] = "blk.{0}.ssm_in",
        [TensorRole.RecurrentQuery] = "blk.{0}.ssm_q",
        [TensorRole.RecurrentKey] = "blk.{0}.ssm_k",
        [TensorRole.RecurrentValue] = "blk.{0}.ssm_v",
        [TensorRole.RecurrentQueryKeyValue] = "blk.{0}.ssm_qkv",
        [TensorRole.Convolution] = "blk.{0}.ssm_conv1d",
        [TensorRole.QueryConvolution] = "blk.{0}.ssm_conv1d_q",
        [TensorRole.KeyConvolution] = "blk.{0}.ssm_conv1d_k",
        [TensorRole.ValueConvolution] = "blk.{0}.ssm_conv1d_v",
        [TensorRole.StateRate] = "blk.{0}.ssm_a",
        [TensorRole.StateSkip] = "blk.{0}.ssm_d",
        [TensorRole.StateSelection] = "blk.{0}.ssm_x",
        [TensorRole.StepProjection] = "blk.{0}.ssm_dt",
        [TensorRole.StepNorm] = "blk.{0}.ssm_dt_norm",
        [TensorRole.StateKeyNorm] = "blk.{0}.ssm_b_norm",
        [TensorRole.StateQueryNorm] = "blk.{0}.ssm_c_norm",
        [TensorRole.StepBias] = "blk.{0}.ssm_dt.bias",
        [TensorRole.RecurrentNorm] = "blk.{0}.ssm_norm",
        [TensorRole.RecurrentOutput] = "blk.{0}.ssm_out",
        [TensorRole.FeedForwardNorm] = "blk.{0}.ffn_norm",
        [TensorRole.Gate] = "blk.{0}.ffn_gate",
        [TensorRole.Up] = "blk.{0}.ffn_up",
        [TensorRole.GateUp] = "blk.{0}.ffn_up",
        [TensorRole.FeedForwardSubNorm] = "blk.{0}.ffn_sub_norm",
        [TensorRole.Down] = "blk.{0}.ffn_down",
        [TensorRole.PostFeedForwardNorm] = "blk.{0}.post_ffw_norm",
        [TensorRole.Router] = "blk.{0}.ffn_gate_inp",
        [TensorRole.RouterNorm] = "blk.{0}.ffn_gate_inp.scale",
        [TensorRole.ExpertNorm] = "blk.{0}.pre_ffw_norm_2",
        [TensorRole.PostExpertNorm] = "blk.{0}.post_ffw_norm_2",
        [TensorRole.PostDenseNorm] = "blk.{0}.post_ffw_norm_1",
        [TensorRole.ExpertScale] = "blk.{0}.ffn_down_exps.scale",
        [TensorRole.PerLayerGate] = "blk.{0}.inp_gate",
        [TensorRole.PerLayerProjection] = "blk.{0}.proj",
        [TensorRole.PerLayerPostNorm] = "blk.{0}.post_norm",
        [TensorRole.LayerScale] = "blk.{0}.layer_output_scale",
        [TensorRole.RouterCorrection] = "blk.{0}.exp_probs_b",
        [TensorRole.ExpertGate] = "blk.{0}.ffn_gate_exps",
        [TensorRole.ExpertUp] = "blk.{0}.ffn_up_exps",
        [TensorRole.ExpertGateUp] = "blk.{0}.ffn_gate_up_exps",
        [TensorRole.ExpertDown] = "blk.{0}.ffn_down_exps",
        [TensorRole.SharedRouter] = "blk.{0}.ffn_gate_inp_shexp",
        [TensorRole.SharedGate] = "blk.{0}.ffn_gate_shexp",
        [TensorRole.SharedUp] = "blk.{0}.ffn_up_shexp",
        [TensorRole.SharedDown] = "blk.{0}.ffn_down_shexp",
    });

    /// <summary>The names that most Hugging Face models share with Llama.</summary>
    public static TensorNames HuggingFace { get; } = new(new()
    {
        [TensorRole.Embedding] = "model.embed_tokens",
        [TensorRole.OutputNorm] = "model.norm",
        [TensorRole.Output] = "lm_head",
        [TensorRole.AttentionNorm] = "model.layers.{0}.input_layernorm",
        [TensorRole.Query] = "model.layers.{0}.self_attn.q_proj",
        [TensorRole.Key] = "model.layers.{0}.self_attn.k_proj",
        [TensorRole.Value] = "model.layers.{0}.self_attn.v_proj",
        [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.q_norm",
        [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.k_norm",
        [TensorRole.AttentionOutput] = "model.layers.{0}.self_attn.o_proj",
        [TensorRole.FeedForwardNorm] = "model.layers.{0}.post_attention_layernorm",
        [TensorRole.Gate] = "model.layers.{0}.mlp.gate_proj",
        [TensorRole.Up] = "model.layers.{0}.mlp.up_proj",
        [TensorRole.Down] = "model.layers.{0}.mlp.down_proj",
    });

    /// <summary>The names of models of state spaces that are not called layers of a transformer.</summary>
    public static TensorNames Backbone { get; } = new(new()
    {
        [TensorRole.Embedding] = "backbone.embeddings",
        [TensorRole.OutputNorm] = "backbone.norm_f",
        [TensorRole.Output] = "lm_head",
        [TensorRole.AttentionNorm] = "backbone.layers.{0}.norm",
        [TensorRole.RecurrentInput] = "backbone.layers.{0}.mixer.in_proj",
        [TensorRole.Convolution] = "backbone.layers.{0}.mixer.conv1d",
        [TensorRole.StateRate] = "backbone.layers.{0}.mixer.A_log",
        [TensorRole.StateSkip] = "backbone.layers.{0}.mixer.D",
        [TensorRole.StepBias] = "backbone.layers.{0}.mixer.dt_bias",
        [TensorRole.RecurrentNorm] = "backbone.layers.{0}.mixer.norm",
        [TensorRole.RecurrentOutput] = "backbone.layers.{0}.mixer.out_proj",
    });

    /// <summary>The names of most Hugging Face models with experts, among them one that is shared.</summary>
    public static TensorNames HuggingFaceExperts { get; } = HuggingFace.With(new()
    {
        [TensorRole.Router] = "model.layers.{0}.mlp.gate",
        [TensorRole.RouterCorrection] = "model.layers.{0}.mlp.gate.e_score_correction_bias",
        [TensorRole.ExpertGate] = "model.layers.{0}.mlp.experts.{1}.gate_proj",
        [TensorRole.ExpertUp] = "model.layers.{0}.mlp.experts.{1}.up_proj",
        [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.{1}.down_proj",
        [TensorRole.SharedGate] = "model.layers.{0}.mlp.shared_experts.gate_proj",
        [TensorRole.SharedUp] = "model.layers.{0}.mlp.shared_experts.up_proj",
        [TensorRole.SharedDown] = "model.layers.{0}.mlp.shared_experts.down_proj",
    });

    /// <summary>Whether the matrices of experts are a tensor each.</summary>
    public bool IsSeparate(TensorRole role) => _templates.TryGetValue(role, out string? name) && name.Contains("{1}", StringComparison.Ordinal);

    /// <summary>These names, with some added or replaced.</summary>
    public TensorNames With(Dictionary<TensorRole, string> changes)
    {
        Dictionary<TensorRole, string> templates = new(_templates);
        foreach ((TensorRole role, string name) in changes)
        {
            templates[role] = name;
        }

        return new TensorNames(templates);
    }

    /// <summary>These names, less those of roles that an architecture does not have.</summary>
    public TensorNames Without(params ReadOnlySpan<TensorRole> roles)
    {
        Dictionary<TensorRole, string> templates = new(_templates);
        foreach (TensorRole role in roles)
        {
            templates.Remove(role);
        }

        return new TensorNames(templates);
    }

    /// <summary>The name of a tensor, or null where the format has none for it.</summary>
    public string? Find(TensorRole role, int layer = 0, int expert = 0) =>
        _templates.TryGetValue(role, out string? name) ? string.Format(CultureInfo.InvariantCulture, name, layer, expert) : null;
}
