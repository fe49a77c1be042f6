using Winnow.Compute;
using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Nemotron 4 and Minitron: layer norms of weights around one, squared ReLU without gate, half of each head rotated.</summary>
/// <remarks>https://arxiv.org/abs/2402.16819.</remarks>
internal static class Nemotron
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "nemotron",
        GgufName = "nemotron",
        Norm = NormKind.Layer,
        Activation = Activation.ReluSquared,
        IsGated = false,
        HuggingFaceNormsAreOffsets = true,
        HuggingFaceDefaults = """
            { "norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "partial_rotary_factor": 0.5, "hidden_act": "relu2" }
            """,
    };
}
