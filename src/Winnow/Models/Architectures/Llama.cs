namespace Winnow.Models.Architectures;

/// <summary>Llama 1 to 3 and the many models that share its graph (SmolLM 1 and 2, TinyLlama, Yi, DeepSeek LLM, Vicuna).</summary>
/// <remarks>
/// https://arxiv.org/abs/2302.13971, https://arxiv.org/abs/2407.21783. GGUF files of Mistral and Mixtral carry this name too.
/// </remarks>
internal static class Llama
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "llama",
        GgufName = "llama",
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false }""",
    };
}
