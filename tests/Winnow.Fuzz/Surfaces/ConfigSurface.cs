using Winnow.Fuzz.Models;
using Winnow.Models.Config;

namespace Winnow.Fuzz.Surfaces;

/// <summary>The <c>config.json</c> of Hugging Face models, read for each architecture, and used with weights where there are some.</summary>
internal sealed class ConfigSurface : DirectorySurface
{
    private const string File = "config.json";
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
    ];

    public ConfigSurface()
        : base(
            Configs.Select(config => new[] { (File, config) }),
            ["text_config", "quantization_config", "rope_scaling", "rope_parameters", "type", "rope_type", "factor", "layer_types", "sliding_window_pattern", "short_mscale", "long_mscale", "attention_factor"],
            [
                "\"llama3\"", "\"yarn\"", "\"linear\"", "\"dynamic\"", "\"longrope\"", "\"su\"", "\"default\"", "\"mrope\"", "\"silu\"", "\"gelu\"", "\"relu\"", "\"sliding_attention\"",
                "[\"sliding_attention\",\"full_attention\"]", "0", "-1", "1", "2", "3", "1e-300", "1e300", "0.5", "null", "true", "[]", "{}", "\"LlamaForCausalLM\"", "2147483647", "[0.0]", "5.0",
            ],
            mostChanges: 1) => System.IO.File.WriteAllBytes(Folder.PathOf("model.safetensors"), TinyFiles.Safetensors(Folder.Root, "llama"));

    public override string Name => "config";

    protected override void Use(string directory)
    {
        ModelConfig config = HuggingFaceConfigReader.Read(Folder.PathOf(File));
        Accept();
        config.CreateRopes(Math.Clamp(config.ContextLength, 1, 4096));
        FileWalk.Compute(directory);
    }
}
