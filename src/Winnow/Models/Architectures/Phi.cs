using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Phi 1, 1.5 and 2: attention and feed-forward side by side behind one layer norm, biases everywhere.</summary>
/// <remarks>https://arxiv.org/abs/2309.05463.</remarks>
internal static class Phi
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "phi",
        GgufName = "phi2",
        Norm = NormKind.Layer,
        IsParallel = true,
        SharesParallelNorm = true,
        QueryKeyNorm = QueryKeyNorm.PerHead,
        QueryKeyNormKind = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        Biases = Biases.QueryKeyValue | Biases.AttentionOutput | Biases.FeedForward,
        HuggingFaceDefaults = """
            {
              "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "partial_rotary_factor": 0.5, "hidden_act": "gelu_new"
            }
            """,
        ReadHuggingFace = (keys, config) => config with { NormsHeads = keys.GetBoolOrNull("qk_layernorm") ?? false },
        ReadGguf = (_, config) => config with { NormsHeads = false },
        HuggingFaceTensors = TensorNames.HuggingFace.Without(TensorRole.FeedForwardNorm).With(new()
        {
            [TensorRole.OutputNorm] = "model.final_layernorm",
            [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.q_layernorm",
            [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.k_layernorm",
            [TensorRole.AttentionOutput] = "model.layers.{0}.self_attn.dense",
            [TensorRole.Up] = "model.layers.{0}.mlp.fc1",
            [TensorRole.Down] = "model.layers.{0}.mlp.fc2",
        }),
        GgufTensors = TensorNames.Gguf.Without(TensorRole.FeedForwardNorm),
    };
}
