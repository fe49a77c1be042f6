using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>StarCoder 2: layer norms, biases everywhere, a feed-forward block without gate.</summary>
/// <remarks>https://arxiv.org/abs/2402.19173.</remarks>
internal static class StarCoder2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "starcoder2",
        GgufName = "starcoder2",
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        Biases = Biases.QueryKeyValue | Biases.AttentionOutput | Biases.FeedForward,
        HasSlidingWindow = true,
        HuggingFaceDefaults = """
            {
              "norm_epsilon": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "num_key_value_heads": 2,
              "hidden_act": "gelu_pytorch_tanh"
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Up] = "model.layers.{0}.mlp.c_fc",
            [TensorRole.Down] = "model.layers.{0}.mlp.c_proj",
        }),
    };
}
