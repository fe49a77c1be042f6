using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GPT-2: a vector for each position instead of rotation, layer norms, biases, projections stored the other way round.</summary>
/// <remarks>https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf.</remarks>
internal static class Gpt2
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "gpt2",
        GgufName = "gpt2",
        Norm = NormKind.Layer,
        Activation = Activation.GeluTanh,
        IsGated = false,
        HasRotation = false,
        HasLearnedPositions = true,
        FeedForwardMultiple = 4,
        HuggingFaceProjectionsAreTransposed = true,
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["hidden_size"] = "n_embd",
            ["num_attention_heads"] = "n_head",
            ["num_hidden_layers"] = "n_layer",
            ["intermediate_size"] = "n_inner",
            ["max_position_embeddings"] = "n_positions",
            ["hidden_act"] = "activation_function",
        },
        HuggingFaceDefaults = """{ "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "hidden_act": "gelu_new" }""",
        ReadHuggingFace = ReadScale,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.wte",
            [TensorRole.PositionEmbedding] = "transformer.wpe",
            [TensorRole.OutputNorm] = "transformer.ln_f",
            [TensorRole.Output] = "lm_head",
            [TensorRole.AttentionNorm] = "transformer.h.{0}.ln_1",
            [TensorRole.QueryKeyValue] = "transformer.h.{0}.attn.c_attn",
            [TensorRole.AttentionOutput] = "transformer.h.{0}.attn.c_proj",
            [TensorRole.FeedForwardNorm] = "transformer.h.{0}.ln_2",
            [TensorRole.Up] = "transformer.h.{0}.mlp.c_fc",
            [TensorRole.Down] = "transformer.h.{0}.mlp.c_proj",
        }),
    };

    /// <summary>Whether scores are divided by the root of the head's size.</summary>
    public static ModelConfig ReadScale(HuggingFaceConfig keys, ModelConfig config) =>
        keys.GetBoolOrNull("scale_attn_by_inverse_layer_idx") == true ? throw keys.Wrong("scale_attn_by_inverse_layer_idx", "false: scales by layer are not supported")
        : keys.GetBoolOrNull("scale_attn_weights") == false ? config with { AttentionScale = 1 }
        : config;
}
