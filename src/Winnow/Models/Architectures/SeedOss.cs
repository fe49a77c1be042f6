using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Seed-OSS: Llama with biases on query, key and value.</summary>
/// <remarks>https://huggingface.co/ByteDance-Seed/Seed-OSS-36B-Instruct.</remarks>
internal static class SeedOss
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "seed_oss",
        GgufName = "seed_oss",
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 8 }
            """,
        GgufTensors = TensorNames.Gguf.With(new() { [TensorRole.FeedForwardNorm] = "blk.{0}.post_attention_norm" }),
    };
}
