using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Qwen 1.5, 2 and 2.5: Llama with biases on query, key and value.</summary>
/// <remarks>https://arxiv.org/abs/2407.10671, https://arxiv.org/abs/2412.15115.</remarks>
internal static class Qwen2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "qwen2",
        GgufName = "qwen2",
        Biases = Biases.QueryKeyValue,
        HasSlidingWindow = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false,
              "use_sliding_window": false, "sliding_window": 4096, "max_window_layers": 28
            }
            """,
    };
}
