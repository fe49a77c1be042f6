using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>OLMo 2: norms after the blocks, and of whole query and key projections.</summary>
/// <remarks>https://arxiv.org/abs/2501.00656.</remarks>
internal static class Olmo2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "olmo2",
        GgufName = "olmo2",
        NormPlacement = NormPlacement.After,
        QueryKeyNorm = QueryKeyNorm.WholeProjection,
        HasSlidingWindow = true,
        FullAttentionInterval = 4,
        SlidingLayersAreUnscaled = true,
        HuggingFaceDefaults = """{ "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false }""",
        HuggingFaceTensors = TensorNames.HuggingFace.Without(TensorRole.AttentionNorm, TensorRole.FeedForwardNorm).With(new()
        {
            [TensorRole.PostAttentionNorm] = "model.layers.{0}.post_attention_layernorm",
            [TensorRole.PostFeedForwardNorm] = "model.layers.{0}.post_feedforward_layernorm",
        }),
    };
}
