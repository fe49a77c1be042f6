namespace Winnow.Models.Architectures;

/// <summary>SmolLM 3: Llama with every fourth layer free of rotation.</summary>
/// <remarks>https://huggingface.co/blog/smollm3.</remarks>
internal static class SmolLm3
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "smollm3",
        GgufName = "smollm3",
        NoRopeInterval = 4,
        HasSlidingWindow = true,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 2000000.0, "tie_word_embeddings": true, "num_key_value_heads": 4,
              "use_sliding_window": false
            }
            """,
    };
}
