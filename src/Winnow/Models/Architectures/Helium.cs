namespace Winnow.Models.Architectures;

/// <summary>Helium 1: Llama whose rotated pairs are neighbours.</summary>
/// <remarks>https://kyutai.org/2025/04/30/helium.html. llama.cpp has no name for it: GGUF files are read here only.</remarks>
internal static class Helium
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "helium",
        GgufName = "helium",
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-8, "rope_theta": 100000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 20 }
            """,
    };
}
