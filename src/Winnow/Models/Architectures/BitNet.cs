using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>BitNet b1.58 in plain weights: norms of what heads and gates yield, gates of squared ReLU.</summary>
/// <remarks>https://arxiv.org/abs/2504.12285. Packed ternary weights of its folders are not supported.</remarks>
internal static class BitNet
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "bitnet",
        GgufName = "bitnet",
        HasSubNorms = true,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": false, "hidden_act": "relu2", "num_key_value_heads": 5 }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.AttentionSubNorm] = "model.layers.{0}.self_attn.attn_sub_norm",
            [TensorRole.FeedForwardSubNorm] = "model.layers.{0}.mlp.ffn_sub_norm",
        }),
    };
}
