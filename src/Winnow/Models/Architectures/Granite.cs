namespace Winnow.Models.Architectures;

/// <summary>Granite 3: Llama with multipliers for embeddings, scores, residuals and logits.</summary>
/// <remarks>https://github.com/ibm-granite/granite-3.0-language-models.</remarks>
internal static class Granite
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "granite",
        GgufName = "granite",
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false,
              "embedding_multiplier": 1.0, "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 1.0
            }
            """,
    };
}
