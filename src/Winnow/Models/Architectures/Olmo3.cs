namespace Winnow.Models.Architectures;

/// <summary>OLMo 3: OLMo 2 with windows, and rotations that are stretched only in layers without.</summary>
/// <remarks>https://allenai.org/papers/olmo3. A GGUF file of it is one of OLMo 2.</remarks>
internal static class Olmo3
{
    public static Architecture Architecture { get; } = Olmo2.Architecture with
    {
        HuggingFaceName = "olmo3",
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false, "sliding_window": 4096 }
            """,
    };
}
