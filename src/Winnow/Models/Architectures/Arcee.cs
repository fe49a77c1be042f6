using Winnow.Compute;

namespace Winnow.Models.Architectures;

/// <summary>Arcee AFM: Llama with squared ReLU instead of a gate.</summary>
/// <remarks>https://www.arcee.ai/blog/deep-dive-afm-4-5b-the-first-arcee-foundational-model.</remarks>
internal static class Arcee
{
    public static Architecture Architecture { get; } = Llama.Architecture with
    {
        HuggingFaceName = "arcee",
        GgufName = "arcee",
        Activation = Activation.ReluSquared,
        IsGated = false,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "hidden_act": "relu2" }""",
    };
}
