using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 3: norms of each query and key head instead of Qwen 2's biases.</summary>
/// <remarks>https://arxiv.org/abs/2505.09388.</remarks>
internal static class Qwen3
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "qwen3",
        GgufName = "qwen3",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        HasSlidingWindow = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "head_dim": 128,
              "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28
            }
            """,
    };
}
