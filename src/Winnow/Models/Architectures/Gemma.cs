using Winnow.Compute;

namespace Winnow.Models.Architectures;

/// <summary>Gemma 1: Llama with gated GELU and embeddings multiplied with √hidden.</summary>
/// <remarks>https://arxiv.org/abs/2403.08295.</remarks>
internal static class Gemma
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gemma",
        GgufName = "gemma",
        Activation = Activation.GeluTanh,
        ScalesEmbeddings = true,
        HuggingFaceNormsAreOffsets = true,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "head_dim": 256, "num_key_value_heads": 16 }
            """,

        // Its class takes the tanh approximation even where the key says gelu, as old files do.
        ReadHuggingFace = (_, config) => config with { Activation = config.Activation == Activation.Gelu ? Activation.GeluTanh : config.Activation },
    };
}
