namespace Winnow.Models.Architectures;

/// <summary>Ministral: Mistral with a window in some layers.</summary>
/// <remarks>https://huggingface.co/mistralai/Ministral-8B-Instruct-2410. A GGUF file of it is one of Llama.</remarks>
internal static class Ministral
{
    public static Architecture Architecture { get; } = Mistral.Architecture with
    {
        HuggingFaceName = "ministral",
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 8, "sliding_window": 4096
            }
            """,
    };
}
