using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>OLMo 1: layer norms without weights, and limited queries, keys and values in the larger model.</summary>
/// <remarks>https://arxiv.org/abs/2402.00838.</remarks>
internal static class Olmo
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "olmo",
        GgufName = "olmo",
        Norm = NormKind.Layer,
        HasNormWeights = false,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """{ "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false }""",
    };
}
