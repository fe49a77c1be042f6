namespace Winnow.Models.Architectures;

/// <summary>Mistral: Llama with a sliding window in every layer (later versions have none).</summary>
/// <remarks>
/// https://arxiv.org/abs/2310.06825. A GGUF file of it is one of Llama; the window, where there is one, is in
/// <c>llama.attention.sliding_window</c>, which llama.cpp does not heed.
/// </remarks>
internal static class Mistral
{
    public static Architecture Architecture { get; } = Llama.Architecture with
    {
        HuggingFaceName = "mistral",
        HasSlidingWindow = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 8,
              "sliding_window": 4096
            }
            """,
    };
}
