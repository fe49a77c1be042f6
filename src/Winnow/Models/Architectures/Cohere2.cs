using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Command R 7B and Command A: Command R with windows, and rotation in the layers that have one.</summary>
/// <remarks>https://arxiv.org/abs/2504.00698.</remarks>
internal static class Cohere2
{
    public static Architecture Architecture { get; } = Cohere.Architecture with
    {
        HuggingFaceName = "cohere2",
        GgufName = "cohere2",
        QueryKeyNorm = QueryKeyNorm.None,
        HasSlidingWindow = true,
        FullAttentionInterval = 4,
        OnlySlidingLayersRotate = true,
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "logit_scale": 0.0625, "sliding_window": 4096 }
            """,
    };
}
