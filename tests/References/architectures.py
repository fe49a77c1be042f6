"""The tiny models: for each a configuration, and what it is there for.

Beside the configuration: `exercises`; `tokens` of the prompt; `rules` (expression, kind, value) for weights that need other sizes than usual,
where kind is "gain" (standard deviation times the root of the inputs), "std" or "normal" (mean, standard deviation); `short` for a second
prompt below the length at which a rotary scaling begins; `add` for keys that save_pretrained leaves out; `model_class` where AutoModelForCausalLM
does not know the model.
"""
SLIDING, FULL, LINEAR = "sliding_attention", "full_attention", "linear_attention"

# The first models have the sizes that tests of many kinds count on.
FIRST = dict(
    vocab_size=320, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128,
    max_position_embeddings=512, bos_token_id=1, eos_token_id=2, pad_token_id=0, tokens=150,
)
# The others have heads that are no power of two, three queries for a key, and windows and widths that no block size divides.
BASE = dict(
    vocab_size=288, hidden_size=96, num_hidden_layers=2, num_attention_heads=6, num_key_value_heads=2, intermediate_size=48,
    max_position_embeddings=256, bos_token_id=1, eos_token_id=2, pad_token_id=0, tokens=70,
)
GPT = dict(
    vocab_size=288, n_embd=96, n_layer=2, n_head=6, n_inner=112, n_positions=104, bos_token_id=1, eos_token_id=2, pad_token_id=0, tokens=70,
)


def without(base, *names, **more):
    return {**{key: value for key, value in base.items() if key not in names}, **more}


def first(model_type, exercises, **more):
    return {**FIRST, "model_type": model_type, "exercises": exercises, **more}


def base(model_type, exercises, **more):
    return {**BASE, "model_type": model_type, "exercises": exercises, **more}


def rope(theta=10000.0, **more):
    return dict(rope_type="default", rope_theta=theta, **more)


def yarn(factor=3.0, original=40, **more):
    return dict(rope_type="yarn", factor=factor, original_max_position_embeddings=original, rope_theta=10000.0, **more)


MOE = dict(num_experts_per_tok=2, moe_intermediate_size=32)
LATENT = dict(num_key_value_heads=6, q_lora_rank=40, kv_lora_rank=48, qk_nope_head_dim=24, qk_rope_head_dim=8, v_head_dim=16)
DEEPSEEK = dict(**LATENT, n_shared_experts=1, first_k_dense_replace=1)
WINDOW = dict(sliding_window=13)
DELTA = dict(
    layer_types=[LINEAR, FULL], linear_conv_kernel_dim=4, linear_key_head_dim=16, linear_value_head_dim=16, linear_num_key_heads=2,
    linear_num_value_heads=6, tokens=75, rules=[("A_log", "normal", (-1.5, 0.8)), ("dt_bias", "normal", (0.8, 0.4))],
)
MAMBA = [("A_log", "normal", (-0.5, 0.8)), ("dt_bias|dt_proj.bias", "normal", (-1.0, 0.7))]
POST_NORMS = [(r"layers\.\d+\.post_(attention|feedforward)_layernorm\.weight", "normal", (3.0, 0.3))]
LONGROPE = dict(
    rope_type="longrope", short_factor=[1.0, 1.05, 1.15, 1.3, 1.4, 1.6, 1.9, 2.2], long_factor=[1.1, 1.5, 2.1, 3.2, 4.1, 5.3, 7.2, 8.6],
)
MISTRAL_YARN = dict(
    type="yarn", rope_type="yarn", rope_theta=10000.0, factor=4.0, original_max_position_embeddings=18, beta_fast=32.0, beta_slow=1.0, mscale=1.0,
    mscale_all_dim=1.0, llama_4_scaling_beta=0.25,
)
GEMMA4 = dict(
    head_dim=16, global_head_dim=32, **WINDOW, final_logit_softcapping=14.0, hidden_activation="gelu_pytorch_tanh", rules=POST_NORMS,
)

MODELS = {
    "llama": first("llama", "llama3 rope scaling, grouped queries, a head of its own", head_dim=16, rope_theta=500000.0,
        max_position_embeddings=1024, rms_norm_eps=1e-5, tie_word_embeddings=False,
        rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=96)),
    "llama-mha": first("llama", "no grouped queries, tied embeddings", num_key_value_heads=4, tie_word_embeddings=True, rms_norm_eps=1e-6),
    "mistral": first("mistral", "a window in every layer", head_dim=16, sliding_window=29, tie_word_embeddings=False),
    "qwen2": first("qwen2", "bias on queries, keys and values", rope_theta=1e6, tie_word_embeddings=True, use_sliding_window=False),
    "qwen3": first("qwen3", "norms of queries and keys, heads wider than hidden / heads", head_dim=32, rope_theta=1e6, tie_word_embeddings=True),
    "qwen3_moe": first("qwen3_moe", "8 experts, the best 3, normalised", head_dim=16, num_experts=8, num_experts_per_tok=3,
        moe_intermediate_size=64, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], tie_word_embeddings=False, rope_theta=1e6,
        num_hidden_layers=2),
    "mixtral": first("mixtral", "5 experts, the best 2", rules=[("gate.weight", "gain", 6.0)], num_local_experts=5, num_experts_per_tok=2, intermediate_size=64, sliding_window=None,
        tie_word_embeddings=False, num_hidden_layers=2),
    "gemma2": first("gemma2", "soft caps of attention and logits, alternating windows, norms before and after", head_dim=16,
        num_hidden_layers=4, sliding_window=29, query_pre_attn_scalar=20, attn_logit_softcapping=18.0, final_logit_softcapping=13.0,
        hidden_activation="gelu_pytorch_tanh"),
    "gemma3": first("gemma3_text", "norms of queries and keys, five windows to one full layer, two rope bases", head_dim=16,
        num_hidden_layers=6, intermediate_size=96, sliding_window=29, query_pre_attn_scalar=20, hidden_activation="gelu_pytorch_tanh",
        rope_theta=1e6, rope_local_base_freq=10000.0),
    "phi3": first("phi3", "fused projections, three quarters rotate", partial_rotary_factor=0.75, original_max_position_embeddings=512,
        sliding_window=None, tie_word_embeddings=False, resid_pdrop=0.0, embd_pdrop=0.0),
    "granite": first("granite", "multipliers of embedding, attention, residual and logits", embedding_multiplier=1.3, attention_multiplier=0.22,
        residual_multiplier=0.8, logits_scaling=1.7, tie_word_embeddings=True),
    "smollm3": first("smollm3", "every fourth layer without rope", num_hidden_layers=4, no_rope_layers=[1, 1, 1, 0], no_rope_layer_interval=4,
        use_sliding_window=False, sliding_window=None, tie_word_embeddings=True, rope_theta=50000.0),
    "starcoder2": first("starcoder2", "LayerNorm, biases, GELU without gate", sliding_window=None, use_bias=True, tie_word_embeddings=True,
        residual_dropout=0.0, embedding_dropout=0.0),
    "gpt_neox": without(first("gpt_neox", "fused interleaved projection, parallel residual, half of the head rotates", rotary_pct=0.5,
        use_parallel_residual=True, tie_word_embeddings=False), "num_key_value_heads"),
    "stablelm": first("stablelm", "LayerNorm, a quarter rotates, biases of the projections", partial_rotary_factor=0.25, use_qkv_bias=True,
        tie_word_embeddings=False),
    "olmo2": first("olmo2", "norms after the blocks and over whole projections", tie_word_embeddings=False, rope_theta=500000.0),

    "lfm2": base("lfm2", "short convolutions with two gates", layer_types=["conv", FULL], conv_L_cache=3, conv_bias=False,
        block_auto_adjust_ff_dim=False, block_ff_dim=80, block_dim=96, tie_word_embeddings=True),
    "lfm2_moe": base("lfm2_moe", "lfm2 with experts chosen by sigmoid and bias", **MOE, layer_types=["conv", FULL], conv_L_cache=3,
        conv_bias=False, num_dense_layers=1, num_experts=7, use_expert_bias=True, norm_topk_prob=True, routed_scaling_factor=1.4,
        tie_word_embeddings=True),
    "qwen3_5": base("qwen3_5_text", "gated delta net with separate projections, gated attention", head_dim=16, tie_word_embeddings=True, **DELTA),
    "qwen3_5_moe": base("qwen3_5_moe_text", "the same with experts and a shared one", **MOE, head_dim=16, num_experts=6,
        shared_expert_intermediate_size=32, tie_word_embeddings=True, **DELTA),
    "qwen3_next": base("qwen3_next", "gated delta net with grouped projections, gated attention, experts", **MOE, head_dim=16, num_experts=6,
        shared_expert_intermediate_size=32, norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[], partial_rotary_factor=0.25,
        tie_word_embeddings=True, **DELTA),
    "jamba": base("jamba", "mamba with norms : attention without positions, experts in the second layer", attn_layer_period=2,
        attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, num_experts=5, num_experts_per_tok=2, mamba_d_state=16,
        mamba_d_conv=4, mamba_expand=2, mamba_dt_rank=12, use_mamba_kernels=False, tie_word_embeddings=True, rules=MAMBA),
    "bamba": base("bamba", "mamba2 : attention of which half rotates", attn_layer_indices=[1], mamba_n_heads=12, mamba_d_head=16,
        mamba_n_groups=2, mamba_d_state=32, mamba_d_conv=4, mamba_expand=2, mamba_chunk_size=16, tie_word_embeddings=True, rules=MAMBA),
    "granitemoehybrid": base("granitemoehybrid", "mamba2 : attention without positions, experts and a shared one", num_local_experts=6,
        num_experts_per_tok=3, intermediate_size=32, shared_intermediate_size=48, layer_types=[LINEAR, FULL], mamba_n_heads=6,
        mamba_n_groups=1, mamba_d_state=32, mamba_d_head=16, mamba_d_conv=4, mamba_expand=1, mamba_chunk_size=16, position_embedding_type=None,
        embedding_multiplier=1.3, attention_multiplier=0.22, residual_multiplier=0.8, logits_scaling=1.7, tie_word_embeddings=True, rules=MAMBA),
    "falcon_h1": base("falcon_h1", "attention and mamba2 side by side, many multipliers", head_dim=16, mamba_d_ssm=96, mamba_n_heads=6,
        mamba_d_head=16, mamba_n_groups=2, mamba_d_state=32, mamba_d_conv=4, mamba_expand=1, mamba_chunk_size=16, mamba_norm_before_gate=False,
        mamba_rms_norm=True, attention_in_multiplier=0.8, attention_out_multiplier=0.9, embedding_multiplier=1.3, key_multiplier=0.8,
        lm_head_multiplier=0.9, mlp_multipliers=[0.8, 0.9], ssm_in_multiplier=1.1, ssm_out_multiplier=0.7, ssm_multipliers=[0.8, 0.9, 0.6, 0.7, 1.2],
        tie_word_embeddings=True, projectors_bias=False, rules=MAMBA),
    "olmo_hybrid": base("olmo_hybrid", "delta net with beta up to 2 : attention", tie_word_embeddings=True,
        **{**DELTA, "linear_num_key_heads": 6}, linear_allow_neg_eigval=True),
    "minimax": base("minimax", "lightning attention, factors of the residuals, experts", head_dim=16, num_local_experts=5, num_experts_per_tok=2,
        intermediate_size=32, layer_types=[LINEAR, FULL], block_size=32, full_attn_alpha_factor=1.2, full_attn_beta_factor=0.8,
        linear_attn_alpha_factor=1.1, linear_attn_beta_factor=0.9, mlp_alpha_factor=1.2, mlp_beta_factor=0.8, rotary_dim=8,
        tie_word_embeddings=True, sliding_window=None),
    "mamba": dict(model_type="mamba", exercises="selective state space", vocab_size=288, hidden_size=96, state_size=16, num_hidden_layers=2,
        conv_kernel=4, expand=2, time_step_rank=12, bos_token_id=1, eos_token_id=2, pad_token_id=0, use_mambapy=False, tokens=70, rules=MAMBA),
    "falcon_mamba": dict(model_type="falcon_mamba", exercises="mamba with norms of B, C and dt", vocab_size=288, hidden_size=96, state_size=16,
        num_hidden_layers=2, conv_kernel=4, expand=2, time_step_rank=12, bos_token_id=1, eos_token_id=2, pad_token_id=0, use_mambapy=False,
        tokens=70, rules=MAMBA),
    "mamba2": dict(model_type="mamba2", exercises="state space of heads, groups, a gated norm", vocab_size=288, hidden_size=96, state_size=32,
        num_hidden_layers=2, conv_kernel=4, expand=2, num_heads=12, head_dim=16, n_groups=3, chunk_size=16, bos_token_id=1, eos_token_id=2,
        pad_token_id=0, tie_word_embeddings=True, tokens=70, rules=MAMBA),

    "gpt2": dict(GPT, model_type="gpt2", exercises="learned positions, weights stored [in, out]"),
    "gpt_neo": dict(model_type="gpt_neo", exercises="learned positions, global and local layers, scores that are not scaled", vocab_size=288,
        hidden_size=96, num_layers=2, num_heads=6, intermediate_size=112, max_position_embeddings=104, window_size=13,
        attention_types=[[["global", "local"], 1]], bos_token_id=1, eos_token_id=2, pad_token_id=0, tokens=70,
        rules=[("[qk]_proj", "gain", 0.7)]),
    "gpt_bigcode": dict(GPT, model_type="gpt_bigcode", exercises="one key for all queries, learned positions", multi_query=True,
        activation_function="gelu_pytorch_tanh"),
    "gptj": dict(GPT, model_type="gptj", exercises="interleaved rotary, one norm for both branches, a head with bias", rotary_dim=12,
        n_positions=256, tie_word_embeddings=False),
    "codegen": dict(GPT, model_type="codegen", exercises="gptj with a fused projection in four blocks", n_embd=64, n_head=4, rotary_dim=12,
        n_positions=256, n_ctx=256, tie_word_embeddings=False),
    "opt": without(base("opt", "learned positions with an offset, ReLU, biases", ffn_dim=112, word_embed_proj_dim=96,
        do_layer_norm_before=True, max_position_embeddings=104, tie_word_embeddings=True), "num_key_value_heads", "intermediate_size"),
    "bloom": dict(model_type="bloom", exercises="distances instead of positions, a norm after the embedding", vocab_size=288, hidden_size=96,
        n_layer=2, n_head=6, bos_token_id=1, eos_token_id=2, pad_token_id=0, tokens=70, rules=[("dense", "gain", 2.0)]),
    "mpt": dict(model_type="mpt", exercises="distances, no biases, clipped projections", vocab_size=288, d_model=96, n_layers=2, n_heads=6,
        expansion_ratio=4, max_seq_len=256, attn_config=dict(alibi=True, alibi_bias_max=8, clip_qkv=2.2), no_bias=True, bos_token_id=1,
        eos_token_id=2, pad_token_id=0, tokens=70),
    "falcon": without(base("falcon", "two norms, a grouped fused projection", num_kv_heads=2, new_decoder_architecture=True, parallel_attn=True,
        multi_query=True, bias=False, alibi=False, ffn_hidden_size=112), "num_key_value_heads", "intermediate_size"),
    "falcon-7b": without(base("falcon", "one key for all queries, one norm for both branches", new_decoder_architecture=False,
        parallel_attn=True, multi_query=True, bias=False, alibi=False, ffn_hidden_size=112), "num_key_value_heads", "intermediate_size"),
    "gemma": base("gemma", "norms of 1 + w, scaled embedding, one key", num_key_value_heads=1, head_dim=32,
        hidden_activation="gelu_pytorch_tanh", hidden_act="gelu_pytorch_tanh"),
    "cohere": base("cohere", "parallel residual, interleaved rope, scaled logits", logit_scale=0.3, use_qk_norm=False, layer_norm_eps=1e-5,
        rules=[("embed_tokens", "std", 0.8)]),
    "cohere-qknorm": base("cohere", "norms of queries and keys with a weight for each head", logit_scale=0.3, use_qk_norm=True,
        layer_norm_eps=1e-5, rules=[("embed_tokens", "std", 0.8)]),
    "cohere2": base("cohere2", "windows with rope, a full layer without", num_hidden_layers=3, head_dim=16, logit_scale=0.3, **WINDOW,
        layer_types=[SLIDING, SLIDING, FULL], rules=[("embed_tokens", "std", 0.8)]),
    "phi": base("phi", "parallel residual, LayerNorm, half rotates, a head with bias", num_key_value_heads=6, partial_rotary_factor=0.5,
        qk_layernorm=False, tie_word_embeddings=False),
    "phimoe": base("phimoe", "experts of SparseMixer, longrope with its scales", num_local_experts=5, num_experts_per_tok=2,
        intermediate_size=32, router_jitter_noise=0.01, input_jitter_noise=0.0, sliding_window=None, attention_bias=True, lm_head_bias=True,
        max_position_embeddings=180, original_max_position_embeddings=45, tie_word_embeddings=False,
        rope_scaling=dict(LONGROPE, short_mscale=1.15, long_mscale=1.25, original_max_position_embeddings=45), short=True),
    "qwen2_moe": base("qwen2_moe", "a shared expert behind a gate, two of six that are not normalised", **MOE, num_experts=6,
        shared_expert_intermediate_size=48, norm_topk_prob=False, decoder_sparse_step=1, mlp_only_layers=[], tie_word_embeddings=True),
    "gpt_oss": base("gpt_oss", "sinks, alternating windows, clamped experts with biases", head_dim=16, num_local_experts=6,
        num_experts_per_tok=2, intermediate_size=32, **WINDOW, layer_types=[SLIDING, FULL], tie_word_embeddings=True,
        rope_scaling=yarn(beta_fast=32.0, beta_slow=1.0, truncate=False), rope_theta=10000.0, initial_context_length=40,
        rules=[("experts.gate_up_proj$", "gain", 3.0), ("experts.down_proj$", "gain", 0.8)]),
    "deepseek_v2-lite": base("deepseek_v2", "latent attention without compressed queries", **MOE, **{**DEEPSEEK, "q_lora_rank": None},
        n_routed_experts=8, topk_method="greedy", n_group=1, topk_group=1, routed_scaling_factor=1.0, norm_topk_prob=False,
        tie_word_embeddings=True),
    "deepseek_v2": base("deepseek_v2", "latent attention, experts of two groups in four, yarn with mscale",
        **{**MOE, "num_experts_per_tok": 3}, **DEEPSEEK, n_routed_experts=8, topk_method="group_limited_greedy", n_group=4, topk_group=2,
        routed_scaling_factor=3.0, norm_topk_prob=False, tie_word_embeddings=True,
        rope_scaling=yarn(beta_fast=32, beta_slow=1, mscale=0.8, mscale_all_dim=0.8)),
    "deepseek_v3": base("deepseek_v3", "latent attention, sigmoid routing with correction", **MOE, **DEEPSEEK, n_routed_experts=8, n_group=4,
        topk_group=2, routed_scaling_factor=2.2, norm_topk_prob=True, tie_word_embeddings=False, rope_interleave=True,
        rope_scaling=yarn(beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0)),
    "glm": base("glm", "half rotates interleaved, biases", head_dim=16, partial_rotary_factor=0.5, attention_bias=True, tie_word_embeddings=True),
    "glm4": base("glm4", "glm with norms after the blocks", head_dim=16, partial_rotary_factor=0.5, attention_bias=True,
        tie_word_embeddings=True),
    "glm4_moe": base("glm4_moe", "sigmoid routing, a shared expert, norms of queries and keys", **MOE, head_dim=16, partial_rotary_factor=0.5,
        attention_bias=True, use_qk_norm=True, n_routed_experts=8, n_shared_experts=1, first_k_dense_replace=1, n_group=1, topk_group=1,
        routed_scaling_factor=1.4, norm_topk_prob=True, tie_word_embeddings=True),
    "glm4_moe_lite": base("glm4_moe_lite", "latent attention with the experts of glm4_moe", **MOE, **DEEPSEEK, n_routed_experts=8,
        mlp_layer_types=["dense", "sparse"], n_group=1, topk_group=1, routed_scaling_factor=1.6, norm_topk_prob=True, tie_word_embeddings=True),
    "exaone4": base("exaone4", "norms after the blocks, windows with rope, a full layer without", num_hidden_layers=3, head_dim=16, **WINDOW,
        sliding_window_pattern="LLG", layer_types=[SLIDING, SLIDING, FULL], tie_word_embeddings=True),
    "llama4": base("llama4_text", "chunks, a layer without rope whose queries are scaled by position, one expert", num_hidden_layers=3,
        head_dim=16, intermediate_size=32, intermediate_size_mlp=48, num_local_experts=4, num_experts_per_tok=1, interleave_moe_layer_step=2,
        attention_chunk_size=21, attn_temperature_tuning=True, floor_scale=12, attn_scale=0.4, use_qk_norm=True, no_rope_layers=[1, 1, 0],
        tie_word_embeddings=True, attention_bias=False, rope_scaling=None),
    "gemma4": base("gemma4_text", "embeddings for each layer, layers that share keys, wide last layers", num_hidden_layers=4,
        intermediate_size=32, vocab_size_per_layer_input=288, hidden_size_per_layer_input=16, num_kv_shared_layers=2, use_double_wide_mlp=True,
        layer_types=[SLIDING, FULL, SLIDING, FULL], add=dict(global_head_dim=32), **GEMMA4),
    "gemma4-kv": base("gemma4_text", "values that are the keys", num_global_key_value_heads=1, attention_k_eq_v=True,
        hidden_size_per_layer_input=0, layer_types=[SLIDING, FULL], add=dict(global_head_dim=32, num_global_key_value_heads=1), **GEMMA4),
    "gemma4-moe": base("gemma4_text", "a dense block and experts side by side", num_global_key_value_heads=1, attention_k_eq_v=True,
        hidden_size_per_layer_input=0, enable_moe_block=True, num_experts=6, top_k_experts=2, moe_intermediate_size=32,
        layer_types=[SLIDING, FULL], add=dict(global_head_dim=32, num_global_key_value_heads=1), **GEMMA4),
    "ernie4_5": base("ernie4_5", "llama with interleaved rope", head_dim=16, tie_word_embeddings=True, use_bias=False, rope_theta=500000.0),
    "ernie4_5_moe": base("ernie4_5_moe", "a bias for the choice of experts alone, shared experts", **MOE, moe_num_experts=8, moe_k=3,
        moe_num_shared_experts=1, moe_layer_start_index=1, moe_layer_end_index=1, moe_layer_interval=1, tie_word_embeddings=True,
        use_bias=False, rope_theta=500000.0),
    "hunyuan_v1_dense": base("hunyuan_v1_dense", "norms after rope, a base that alpha raises", head_dim=16, tie_word_embeddings=True,
        rope_scaling=dict(rope_type="dynamic", alpha=30.0, factor=1.0, rope_theta=10000.0, beta_fast=32, beta_slow=1, mscale=1.0,
            mscale_all_dim=1.0)),
    "hunyuan_v1_moe": base("hunyuan_v1_moe", "the same with experts and a shared one", head_dim=16, intermediate_size=32,
        moe_intermediate_size=[32, 32], num_experts=6, moe_topk=[2, 2], num_shared_expert=[1, 1], tie_word_embeddings=True, rope_theta=10000.0),
    "olmo": base("olmo", "LayerNorm without weights, clipped projections", clip_qkv=1.3, tie_word_embeddings=True),
    "olmo3": base("olmo3", "windows, yarn in the full layers alone", num_hidden_layers=3, **WINDOW, layer_types=[SLIDING, SLIDING, FULL],
        rope_scaling=yarn(attention_factor=1.15, beta_fast=32, beta_slow=1), tie_word_embeddings=True),
    "olmoe": base("olmoe", "norms over whole projections, experts that are not normalised", num_experts=6, num_experts_per_tok=2,
        intermediate_size=32, norm_topk_prob=False, tie_word_embeddings=True),
    "nemotron": base("nemotron", "squared ReLU without gate, LayerNorm of 1 + w", head_dim=16, hidden_act="relu2", partial_rotary_factor=0.5,
        tie_word_embeddings=True, intermediate_size=112, rules=[(r"norm\.weight", "normal", (0.0, 0.15))]),
    "arcee": base("arcee", "squared ReLU without gate", head_dim=16, hidden_act="relu2", tie_word_embeddings=True, intermediate_size=112),
    "apertus": base("apertus", "xIELU, norms of queries and keys", hidden_act="xielu", tie_word_embeddings=True, intermediate_size=112,
        rope_scaling=dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=48,
            rope_theta=500000.0)),
    "seed_oss": base("seed_oss", "biases, wide heads", head_dim=32, attention_bias=True, attention_out_bias=False, tie_word_embeddings=True),
    "granitemoe": base("granitemoe", "softmax over the chosen experts, fused experts, multipliers", num_local_experts=6, num_experts_per_tok=3,
        intermediate_size=32, embedding_multiplier=1.3, attention_multiplier=0.22, residual_multiplier=0.8, logits_scaling=1.7,
        tie_word_embeddings=True),
    "minimax_m2": base("minimax_m2", "sigmoid routing, norms over whole projections, half rotates", head_dim=16, num_local_experts=6,
        num_experts_per_tok=2, intermediate_size=32, rotary_dim=8, use_qk_norm=True, tie_word_embeddings=True),
    "bitnet": base("bitnet", "norms before the output projections", hidden_act="relu2", tie_word_embeddings=True),
    "dbrx": dict(model_type="dbrx", exercises="clipped projections, LayerNorm, experts in one tensor", vocab_size=288, d_model=96, n_heads=6,
        n_layers=2, max_seq_len=256, attn_config=dict(clip_qkv=1.8, kv_n_heads=2, rope_theta=500000.0),
        ffn_config=dict(ffn_hidden_size=32, moe_num_experts=5, moe_top_k=2, moe_normalize_expert_weights=1.0, hidden_size=96), bos_token_id=1,
        eos_token_id=2, pad_token_id=0, tie_word_embeddings=False, tokens=70),
    "helium": base("helium", "llama with interleaved rope", head_dim=16, tie_word_embeddings=True),
    "ministral": base("ministral", "alternating windows", head_dim=16, **WINDOW, layer_types=[SLIDING, FULL], tie_word_embeddings=True),
    "ministral3": base("ministral3", "yarn, and queries scaled by position", head_dim=16, sliding_window=None, tie_word_embeddings=True,
        rope_parameters=MISTRAL_YARN),
    "nanochat": base("nanochat", "norms without weights, queries and keys normed after rope, soft-capped logits", hidden_act="relu2",
        final_logit_softcapping=14.0, tie_word_embeddings=True, rules=[("o_proj|fc2", "gain", 2.5)]),
    "dots1": base("dots1", "norms of queries and keys with sigmoid routing", **MOE, head_dim=16, n_routed_experts=8, n_shared_experts=1,
        first_k_dense_replace=1, n_group=1, topk_group=1, routed_scaling_factor=1.8, norm_topk_prob=True, tie_word_embeddings=True,
        layer_types=[FULL, FULL], sliding_window=None),
    "mimo_v2_flash": base("mimo_v2_flash", "sinks in windows, values smaller than keys and scaled", **MOE, num_attention_heads=4, head_dim=16,
        v_head_dim=8, n_routed_experts=8, layer_types=[FULL, SLIDING], mlp_layer_types=["dense", "sparse"], **WINDOW, attention_value_scale=0.8,
        rope_parameters={FULL: rope(1e6, partial_rotary_factor=0.5), SLIDING: rope(10000.0, partial_rotary_factor=0.5)},
        tie_word_embeddings=True),
    "minicpm3": base("minicpm3", "latent attention with a dense block, scales of embedding, residual and head", **LATENT, scale_emb=1.3,
        scale_depth=1.1, dim_model_base=48, tie_word_embeddings=True),
    "mistral4": base("mistral4", "latent attention, softmax experts, queries scaled by position", **MOE, **DEEPSEEK, n_routed_experts=8,
        n_group=1, topk_group=1, routed_scaling_factor=1.0, norm_topk_prob=True, rope_parameters=MISTRAL_YARN, tie_word_embeddings=True,
        model_class="Mistral4ForCausalLM"),

    "llama-linear": base("llama", "linear rope scaling", tie_word_embeddings=True, rope_scaling=dict(rope_type="linear", factor=3.0),
        rope_theta=10000.0),
    "llama-dynamic": base("llama", "rope that depends on the length", tie_word_embeddings=True, max_position_embeddings=45,
        rope_scaling=dict(rope_type="dynamic", factor=2.5), rope_theta=10000.0, short=True),
    "llama-yarn": base("llama", "yarn with its own attention factor", tie_word_embeddings=True, rope_scaling=yarn(), rope_theta=10000.0),
    "qwen2-yarn": base("qwen2", "yarn with another attention factor and other betas", tie_word_embeddings=True, use_sliding_window=False,
        rope_scaling=yarn(attention_factor=0.85, beta_fast=20.0, beta_slow=3.0), rope_theta=10000.0),
    "llama-yarn-mscale": base("llama", "yarn with mscale, not truncated", tie_word_embeddings=True,
        rope_scaling=yarn(mscale=1.0, mscale_all_dim=0.4, truncate=False), rope_theta=10000.0),
    "phi3-longrope": base("phi3", "longrope", tie_word_embeddings=True, sliding_window=None, max_position_embeddings=180,
        original_max_position_embeddings=45, rope_theta=10000.0, rope_scaling=LONGROPE, short=True),
}
