using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Gemma 2: norms around both blocks, soft-capped scores and logits, a window in every other layer.</summary>
/// <remarks>https://arxiv.org/abs/2408.00118.</remarks>
internal static class Gemma2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gemma2",
        GgufName = "gemma2",
        NormPlacement = NormPlacement.Around,
        Activation = Activation.GeluTanh,
        ScalesEmbeddings = true,
        HasSlidingWindow = true,
        FullAttentionInterval = 2,
        LayersOfHiddenScale = 46,
        HuggingFaceNormsAreOffsets = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": true, "head_dim": 256, "sliding_window": 4096,
              "query_pre_attn_scalar": 256, "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.PostAttentionNorm] = "model.layers.{0}.post_attention_layernorm",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.pre_feedforward_layernorm",
            [TensorRole.PostFeedForwardNorm] = "model.layers.{0}.post_feedforward_layernorm",
        }),
    };
}
