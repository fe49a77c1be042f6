using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>StableLM 2: Llama with layer norms, a rotated quarter of each head, and biases in the 1.6 B model.</summary>
/// <remarks>https://arxiv.org/abs/2402.17834. The norms of single query heads of the 12 B model are not supported.</remarks>
internal static class StableLm
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "stablelm",
        GgufName = "stablelm",
        Norm = NormKind.Layer,
        SharesParallelNorm = true,
        HuggingFaceDefaults = """
            {
              "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "partial_rotary_factor": 0.25,
              "use_parallel_residual": false
            }
            """,
    };
}
