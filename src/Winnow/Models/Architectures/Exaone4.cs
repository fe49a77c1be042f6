using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>EXAONE 4: norms behind the blocks and of each head, and rotation only in layers with a window, where there are such layers.</summary>
/// <remarks>https://arxiv.org/abs/2507.11407.</remarks>
internal static class Exaone4
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "exaone4",
        GgufName = "exaone4",
        NormPlacement = NormPlacement.After,
        QueryKeyNorm = QueryKeyNorm.PerHead,
        HasSlidingWindow = true,
        FullAttentionInterval = 4,
        OnlySlidingLayersRotate = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_key_value_heads": 32, "sliding_window": 4096
            }
            """,
        HuggingFaceTensors = Olmo2.Architecture.HuggingFaceTensors,
    };
}
