using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GPT-J: attention and feed-forward side by side behind one layer norm, neighbours rotated in a part of each head.</summary>
/// <remarks>https://github.com/kingoflolz/mesh-transformer-jax.</remarks>
internal static class GptJ
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gptj",
        GgufName = "gptj",
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        IsParallel = true,
        SharesParallelNorm = true,
        FeedForwardMultiple = 4,
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        Biases = Biases.FeedForward,
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["hidden_size"] = "n_embd",
            ["num_attention_heads"] = "n_head",
            ["num_hidden_layers"] = "n_layer",
            ["intermediate_size"] = "n_inner",
            ["max_position_embeddings"] = "n_positions",
            ["hidden_act"] = "activation_function",
        },
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "hidden_act": "gelu_new", "rotary_dim": 64 }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.Without(TensorRole.FeedForwardNorm).With(new()
        {
            [TensorRole.Embedding] = "transformer.wte",
            [TensorRole.OutputNorm] = "transformer.ln_f",
            [TensorRole.AttentionNorm] = "transformer.h.{0}.ln_1",
            [TensorRole.Query] = "transformer.h.{0}.attn.q_proj",
            [TensorRole.Key] = "transformer.h.{0}.attn.k_proj",
            [TensorRole.Value] = "transformer.h.{0}.attn.v_proj",
            [TensorRole.AttentionOutput] = "transformer.h.{0}.attn.out_proj",
            [TensorRole.Up] = "transformer.h.{0}.mlp.fc_in",
            [TensorRole.Down] = "transformer.h.{0}.mlp.fc_out",
        }),
        GgufTensors = TensorNames.Gguf.Without(TensorRole.FeedForwardNorm),
    };
}
