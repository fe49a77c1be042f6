using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>
/// Gemma 3 (text): Gemma 2 with query and key norms instead of soft caps, five layers with a window to one without, and two
/// rotary bases.
/// </summary>
/// <remarks>https://arxiv.org/abs/2503.19786.</remarks>
internal static class Gemma3
{
    public static Architecture Architecture { get; } = Gemma2.Architecture with
    {
        HuggingFaceName = "gemma3_text",
        GgufName = "gemma3",
        QueryKeyNorm = QueryKeyNorm.PerHead,
        FullAttentionInterval = 6,
        LocalRopeBase = 10000,
        LayersOfHiddenScale = 62,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 1000000.0, "rope_local_base_freq": 10000.0, "tie_word_embeddings": true, "head_dim": 256,
              "sliding_window": 4096, "query_pre_attn_scalar": 256
            }
            """,
    };
}
