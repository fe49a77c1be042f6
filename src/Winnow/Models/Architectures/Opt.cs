using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>OPT: a vector for each position, the first at the third row; ReLU; biases.</summary>
/// <remarks>https://arxiv.org/abs/2205.01068. The 350 M model, whose norms follow the blocks, is not supported.</remarks>
internal static class Opt
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "opt",
        GgufName = "opt",
        Norm = NormKind.Layer,
        Activation = Activation.Relu,
        IsGated = false,
        HasRotation = false,
        HasLearnedPositions = true,
        HuggingFaceKeys = new Dictionary<string, string> { ["intermediate_size"] = "ffn_dim", ["hidden_act"] = "activation_function" },
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "hidden_act": "relu", "intermediate_size": 3072, "max_position_embeddings": 2048 }
            """,
        ReadHuggingFace = ReadHuggingFace,
        ReadGguf = (_, config) => config with { FirstPosition = FirstPosition },
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "model.decoder.embed_tokens",
            [TensorRole.PositionEmbedding] = "model.decoder.embed_positions",
            [TensorRole.OutputNorm] = "model.decoder.final_layer_norm",
            [TensorRole.AttentionNorm] = "model.decoder.layers.{0}.self_attn_layer_norm",
            [TensorRole.Query] = "model.decoder.layers.{0}.self_attn.q_proj",
            [TensorRole.Key] = "model.decoder.layers.{0}.self_attn.k_proj",
            [TensorRole.Value] = "model.decoder.layers.{0}.self_attn.v_proj",
            [TensorRole.AttentionOutput] = "model.decoder.layers.{0}.self_attn.out_proj",
            [TensorRole.FeedForwardNorm] = "model.decoder.layers.{0}.final_layer_norm",
            [TensorRole.Up] = "model.decoder.layers.{0}.fc1",
            [TensorRole.Down] = "model.decoder.layers.{0}.fc2",
        }),
    };

    /// <summary>The row of position 0: two come before it, for padding.</summary>
    private const int FirstPosition = 2;

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config) =>
        keys.GetBoolOrNull("do_layer_norm_before") == false ? throw keys.Wrong("do_layer_norm_before", "true: norms behind the blocks are not supported")
        : keys.GetBoolOrNull("_remove_final_layer_norm") == true ? throw keys.Wrong("_remove_final_layer_norm", "false")
        : keys.GetInt32OrNull("word_embed_proj_dim") is { } width && width != config.HiddenSize
            ? throw keys.Wrong("word_embed_proj_dim", $"the hidden size {config.HiddenSize}: projected embeddings are not supported")
        : config with { FirstPosition = FirstPosition };
}
