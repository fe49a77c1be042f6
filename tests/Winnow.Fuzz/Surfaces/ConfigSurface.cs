using Winnow.Fuzz.Models;
using Winnow.Models.Config;

namespace Winnow.Fuzz.Surfaces;

/// <summary>The <c>config.json</c> of Hugging Face models, read for each architecture, and used with weights where there are some.</summary>
internal sealed class ConfigSurface : DirectorySurface
{
    private const string File = "config.json";
    private const string Own = "llama.weights";
    private const string Sizes = "\"hidden_size\":16,\"intermediate_size\":24,\"num_attention_heads\":2,\"num_hidden_layers\":1,\"vocab_size\":20,\"max_position_embeddings\":64";
    private const string Heads = Sizes + ",\"num_key_value_heads\":1,\"rms_norm_eps\":1e-6,\"hidden_act\":\"silu\",\"tie_word_embeddings\":false";

    private static readonly string[] Configs =
    [
        $$$"""{"model_type":"llama","architectures":["LlamaForCausalLM"],"head_dim":8,{{{Heads}}},"rope_theta":10000.0}""",
        $$$"""{"model_type":"llama","head_dim":8,{{{Heads}}},"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":16}}""",
        $$$"""{"model_type":"llama","head_dim":8,{{{Heads}}},"rope_parameters":{"rope_type":"yarn","factor":4.0,"rope_theta":10000.0,"beta_fast":32,"beta_slow":1,"mscale":1.0,"original_max_position_embeddings":16}}""",
        $$$"""{"model_type":"mistral","architectures":["MistralForCausalLM"],"head_dim":8,{{{Heads}}},"sliding_window":4}""",
        $$$"""{"model_type":"qwen3","architectures":["Qwen3ForCausalLM"],"head_dim":8,{{{Heads}}},"layer_types":["full_attention"],"use_sliding_window":false}""",
        $$$"""{"model_type":"qwen2","architectures":["Qwen2ForCausalLM"],{{{Heads}}},"max_window_layers":1,"sliding_window":null}""",
        $$$"""{"model_type":"qwen3_moe","head_dim":8,{{{Heads}}},"num_experts_per_tok":2,"num_experts":4,"moe_intermediate_size":8,"decoder_sparse_step":1,"norm_topk_prob":true,"mlp_only_layers":[]}""",
        $$$"""{"model_type":"mixtral",{{{Heads}}},"num_local_experts":4,"num_experts_per_tok":2}""",
        $$$"""{"model_type":"gemma2","head_dim":8,{{{Sizes}}},"num_key_value_heads":1,"hidden_activation":"gelu_pytorch_tanh","query_pre_attn_scalar":24,"attn_logit_softcapping":20.0,"final_logit_softcapping":12.0,"sliding_window":8}""",
        $$$"""{"model_type":"gemma3_text","head_dim":8,{{{Sizes}}},"num_key_value_heads":1,"hidden_activation":"gelu_pytorch_tanh","query_pre_attn_scalar":8,"sliding_window":8,"sliding_window_pattern":6,"rope_local_base_freq":10000.0,"rope_parameters":{"full_attention":{"rope_theta":1e6},"sliding_attention":{"rope_theta":1e4} } }""",
        $$$"""{"model_type":"phi3",{{{Heads}}},"original_max_position_embeddings":32,"partial_rotary_factor":0.5,"rope_scaling":{"type":"longrope","short_factor":[1.0,1.1],"long_factor":[2.0,2.5]}}""",
        $$$"""{"model_type":"granite",{{{Heads}}},"attention_multiplier":0.2,"embedding_multiplier":1.5,"logits_scaling":2.0,"residual_multiplier":0.9}""",
        $$$"""{"model_type":"smollm3",{{{Heads}}},"no_rope_layers":[1],"no_rope_layer_interval":4}""",
        $$$"""{"model_type":"starcoder2",{{{Sizes}}},"num_key_value_heads":1,"norm_epsilon":1e-5,"hidden_act":"gelu_pytorch_tanh","use_bias":true}""",
        $$$"""{"model_type":"gpt_neox",{{{Sizes}}},"layer_norm_eps":1e-5,"hidden_act":"gelu","rotary_pct":0.25,"use_parallel_residual":true}""",
        $$$"""{"model_type":"stablelm",{{{Sizes}}},"num_key_value_heads":1,"layer_norm_eps":1e-5,"hidden_act":"silu","partial_rotary_factor":0.25,"use_qkv_bias":true}""",
        $$$"""{"model_type":"olmo2",{{{Heads}}},"attention_bias":false}""",
        $$$"""{"model_type":"qwen2_moe",{{{Heads}}},"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":8,"shared_expert_intermediate_size":12,"norm_topk_prob":false}""",
        $$$"""{"model_type":"gpt_oss","head_dim":8,{{{Heads}}},"num_local_experts":4,"num_experts_per_tok":2,"layer_types":["sliding_attention"],"sliding_window":8,"swiglu_limit":7.0,"rope_scaling":{"rope_type":"yarn","factor":32.0,"truncate":false,"original_max_position_embeddings":16}}""",
        $$$"""{"model_type":"qwen3_next","head_dim":8,{{{Heads}}},"layer_types":["linear_attention"],"linear_num_key_heads":2,"linear_num_value_heads":4,"linear_key_head_dim":8,"linear_value_head_dim":8,"linear_conv_kernel_dim":4,"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":8,"shared_expert_intermediate_size":8,"partial_rotary_factor":0.5}""",
        $$$"""{"model_type":"qwen3_5_text","head_dim":8,{{{Heads}}},"layer_types":["linear_attention"],"linear_num_key_heads":2,"linear_num_value_heads":4,"linear_key_head_dim":8,"linear_value_head_dim":8,"linear_conv_kernel_dim":4,"rope_parameters":{"rope_theta":1e7,"partial_rotary_factor":0.25,"mrope_section":[1,0,0]} }""",
        $$$"""{"model_type":"gemma4_text","head_dim":8,{{{Sizes}}},"num_key_value_heads":1,"global_head_dim":16,"hidden_activation":"gelu_pytorch_tanh","sliding_window":8,"layer_types":["full_attention"],"hidden_size_per_layer_input":4,"vocab_size_per_layer_input":20,"num_kv_shared_layers":0}""",
        $$$"""{"model_type":"deepseek_v2",{{{Heads}}},"kv_lora_rank":16,"q_lora_rank":null,"qk_nope_head_dim":8,"qk_rope_head_dim":4,"v_head_dim":8,"n_routed_experts":4,"n_shared_experts":1,"num_experts_per_tok":2,"moe_intermediate_size":8,"first_k_dense_replace":0,"topk_method":"group_limited_greedy","n_group":2,"topk_group":1,"routed_scaling_factor":2.0}""",
        $$$"""{"model_type":"deepseek_v3",{{{Heads}}},"kv_lora_rank":16,"q_lora_rank":8,"qk_nope_head_dim":8,"qk_rope_head_dim":4,"v_head_dim":8,"n_routed_experts":4,"n_shared_experts":1,"num_experts_per_tok":2,"moe_intermediate_size":8,"first_k_dense_replace":0,"n_group":2,"topk_group":1,"rope_interleave":true}""",
        $$$"""{"model_type":"llama4_text","head_dim":8,{{{Heads}}},"intermediate_size_mlp":24,"num_local_experts":4,"num_experts_per_tok":1,"attention_chunk_size":16,"attn_temperature_tuning":true,"floor_scale":16,"attn_scale":0.1,"no_rope_layers":[1],"interleave_moe_layer_step":1}""",
        $$$"""{"model_type":"ministral3","head_dim":8,{{{Heads}}},"rope_parameters":{"type":"yarn","factor":4.0,"llama_4_scaling_beta":0.1,"original_max_position_embeddings":16,"rope_theta":1e6} }""",
        $$$"""{"model_type":"glm4_moe","head_dim":8,{{{Heads}}},"n_routed_experts":4,"n_shared_experts":1,"num_experts_per_tok":2,"moe_intermediate_size":8,"first_k_dense_replace":0,"partial_rotary_factor":0.5,"use_qk_norm":true}""",
        $$$"""{"model_type":"phimoe",{{{Sizes}}},"num_key_value_heads":1,"num_local_experts":4,"num_experts_per_tok":2,"router_jitter_noise":0.01}""",
        $$$"""{"model_type":"cohere2",{{{Sizes}}},"num_key_value_heads":1,"layer_norm_eps":1e-5,"logit_scale":0.06,"sliding_window":8,"sliding_window_pattern":4}""",
        $$$"""{"model_type":"exaone4","head_dim":8,{{{Heads}}},"sliding_window":8,"sliding_window_pattern":"LLLG","layer_types":["full_attention"]}""",
        $$$"""{"model_type":"ernie4_5_moe",{{{Heads}}},"moe_num_experts":4,"moe_k":2,"moe_intermediate_size":8,"moe_num_shared_experts":1,"moe_layer_start_index":0,"moe_layer_interval":1}""",
        $$$"""{"model_type":"hunyuan_v1_moe","head_dim":8,{{{Heads}}},"num_experts":4,"moe_topk":[2],"rope_scaling":{"type":"dynamic","alpha":1000.0,"factor":1.0} }""",
        $$$"""{"model_type":"lfm2",{{{Heads}}},"layer_types":["conv"],"conv_L_cache":3,"conv_bias":false,"norm_eps":1e-5,"block_multiple_of":8,"block_ffn_dim_multiplier":1.0,"block_auto_adjust_ff_dim":true}""",
        $$$"""{"model_type":"lfm2_moe",{{{Heads}}},"layer_types":["conv"],"conv_L_cache":3,"num_experts":4,"num_experts_per_tok":2,"moe_intermediate_size":8,"num_dense_layers":0,"use_expert_bias":true}""",
        $$$"""{"model_type":"granitemoehybrid",{{{Heads}}},"layer_types":["mamba"],"mamba_n_heads":4,"mamba_d_head":8,"mamba_d_state":8,"mamba_n_groups":1,"mamba_d_conv":4,"mamba_expand":2,"num_local_experts":4,"num_experts_per_tok":2,"shared_intermediate_size":8}""",
        $$$"""{"model_type":"mamba","hidden_size":16,"intermediate_size":32,"state_size":8,"conv_kernel":4,"time_step_rank":2,"num_hidden_layers":1,"vocab_size":20,"layer_norm_epsilon":1e-5}""",
        $$$"""{"model_type":"mamba2","hidden_size":16,"num_heads":4,"head_dim":8,"state_size":8,"n_groups":1,"conv_kernel":4,"expand":2,"num_hidden_layers":1,"vocab_size":20,"layer_norm_epsilon":1e-5,"chunk_size":16}""",
        $$$"""{"model_type":"jamba",{{{Heads}}},"attn_layer_period":2,"attn_layer_offset":1,"expert_layer_period":2,"expert_layer_offset":1,"num_experts":4,"num_experts_per_tok":2,"mamba_d_state":8,"mamba_d_conv":4,"mamba_expand":2,"mamba_dt_rank":2}""",
        $$$"""{"model_type":"falcon_h1","head_dim":8,{{{Heads}}},"mamba_d_ssm":32,"mamba_n_heads":4,"mamba_d_head":8,"mamba_d_state":8,"mamba_n_groups":1,"mamba_d_conv":4,"ssm_multipliers":[1.0,1.0,1.0,1.0,1.0],"mlp_multipliers":[1.0,1.0],"key_multiplier":1.0,"lm_head_multiplier":0.5,"embedding_multiplier":2.0}""",
        $$$"""{"model_type":"bamba",{{{Heads}}},"attn_layer_indices":[0],"attn_rotary_emb":4,"mamba_n_heads":4,"mamba_d_head":8,"mamba_d_state":8,"mamba_n_groups":1,"mamba_d_conv":4}""",
        """{"model_type":"gpt2","n_embd":16,"n_head":2,"n_layer":1,"n_positions":64,"n_inner":null,"vocab_size":20,"activation_function":"gelu_new","layer_norm_epsilon":1e-5}""",
        """{"model_type":"gptj","n_embd":16,"n_head":2,"n_layer":1,"n_positions":64,"n_inner":24,"rotary_dim":4,"vocab_size":20,"activation_function":"gelu_new"}""",
        $$$"""{"model_type":"falcon",{{{Sizes}}},"num_kv_heads":1,"new_decoder_architecture":false,"multi_query":true,"parallel_attn":true,"alibi":false,"bias":false,"layer_norm_epsilon":1e-5}""",
        """{"model_type":"bloom","hidden_size":16,"n_head":2,"n_layer":1,"seq_length":64,"vocab_size":20,"layer_norm_epsilon":1e-5}""",
        """{"model_type":"mpt","d_model":16,"n_heads":2,"n_layers":1,"expansion_ratio":2,"max_seq_len":64,"vocab_size":20,"attn_config":{"alibi":true,"alibi_bias_max":8,"clip_qkv":2.0} }""",
        """{"model_type":"dbrx","d_model":16,"n_heads":2,"n_layers":1,"max_seq_len":64,"vocab_size":20,"attn_config":{"kv_n_heads":1,"clip_qkv":8.0,"rope_theta":5e5},"ffn_config":{"ffn_hidden_size":8,"moe_num_experts":4,"moe_top_k":2,"moe_normalize_expert_weights":1.0} }""",
        $$$"""{"model_type":"minicpm3",{{{Heads}}},"kv_lora_rank":16,"q_lora_rank":8,"qk_nope_head_dim":8,"qk_rope_head_dim":4,"v_head_dim":8,"scale_emb":12,"scale_depth":1.4,"dim_model_base":8}""",
        $$$"""{"model_type":"minimax_m2","head_dim":8,{{{Heads}}},"num_local_experts":4,"num_experts_per_tok":2,"rotary_dim":4,"use_qk_norm":true,"scoring_func":"sigmoid","use_routing_bias":true}""",
        $$$"""{"model_type":"apertus","head_dim":8,{{{Sizes}}},"num_key_value_heads":1,"hidden_act":"xielu","rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":16} }""",
        $$$"""{"model_type":"nemotron","head_dim":8,{{{Sizes}}},"num_key_value_heads":1,"hidden_act":"relu2","norm_eps":1e-5,"partial_rotary_factor":0.5}""",
    ];

    public ConfigSurface()
        : base(
            Configs.Concat(SharedModels.Configs).Select(config => new[] { (File, config) }),
            ["text_config", "quantization_config", "rope_scaling", "rope_parameters", "type", "rope_type", "factor", "layer_types", "sliding_window_pattern", "short_mscale", "long_mscale", "attention_factor"],
            [
                "\"llama3\"", "\"yarn\"", "\"linear\"", "\"dynamic\"", "\"longrope\"", "\"su\"", "\"default\"", "\"mrope\"", "\"silu\"", "\"gelu\"", "\"relu\"", "\"sliding_attention\"",
                "[\"sliding_attention\",\"full_attention\"]", "0", "-1", "1", "2", "3", "1e-300", "1e300", "0.5", "null", "true", "[]", "{}", "\"LlamaForCausalLM\"", "2147483647", "[0.0]", "5.0",
            ],
            mostChanges: 1) => System.IO.File.WriteAllBytes(Folder.PathOf(Own), TinyFiles.Safetensors(Folder.Root, "llama"));

    public override string Name => "config";

    protected override void Use(string directory)
    {
        ModelConfig config = HuggingFaceConfigReader.Read(Folder.PathOf(File));
        Accept();
        config.CreateRopes(Math.Clamp(config.ContextLength, 1, 4096));
        string weights = Path.Combine(directory, "model.safetensors");
        System.IO.File.CreateSymbolicLink(weights, SharedModels.WeightsOf(Folder.PathOf(File)) ?? Folder.PathOf(Own));
        try
        {
            FileWalk.Compute(directory);
        }
        finally
        {
            System.IO.File.Delete(weights);
        }
    }
}
