using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>MiniCPM 3: the attention of DeepSeek V2 with dense feed-forward blocks, and factors of embeddings, residuals and logits.</summary>
/// <remarks>https://arxiv.org/abs/2404.06395.</remarks>
internal static class MiniCpm3
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "minicpm3",
        GgufName = "minicpm3",
        GgufKeepsLatentHeads = true,
        HuggingFaceKeys = new Dictionary<string, string> { ["embedding_multiplier"] = "scale_emb" },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "kv_lora_rank": 256, "q_lora_rank": 768,
              "qk_nope_head_dim": 64, "qk_rope_head_dim": 32, "v_head_dim": 64, "embedding_multiplier": 12.0
            }
            """,
        ReadHuggingFace = (keys, config) => config with
        {
            ResidualScale = (keys.GetSingleOrNull("scale_depth") ?? (keys.Contains("scale_depth") ? MathF.Sqrt(config.Layers.Count) : 1.4f)) / MathF.Sqrt(config.Layers.Count),
            LogitScale = (keys.GetInt32OrNull("dim_model_base") ?? 256) / (float)config.HiddenSize,
        },

        // llama.cpp writes none of the factors: those of the one model that there is.
        ReadGguf = (keys, config) => keys.SingleOrNull("embedding_scale") is not null ? config : config with
        {
            EmbeddingScale = 12,
            ResidualScale = 1.4f / MathF.Sqrt(config.Layers.Count),
            LogitScale = 256f / config.HiddenSize,
        },
        HuggingFaceTensors = DeepSeek2.LatentNames,
        GgufTensors = TensorNames.Gguf.Without(TensorRole.LatentKeyUp, TensorRole.LatentValueUp),
    };
}
