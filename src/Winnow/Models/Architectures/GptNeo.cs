using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GPT-Neo: GPT-2 with windows in every other layer, scores that are not divided, and separate projections.</summary>
/// <remarks>https://doi.org/10.5281/zenodo.5297715.</remarks>
internal static class GptNeo
{
    public static Architecture Architecture { get; } = Gpt2.Architecture with
    {
        HuggingFaceName = "gpt_neo",
        GgufName = "gpt_neo",
        HuggingFaceProjectionsAreTransposed = false,
        HuggingFaceKeys = new Dictionary<string, string>
        {
            ["num_attention_heads"] = "num_heads",
            ["num_hidden_layers"] = "num_layers",
            ["hidden_act"] = "activation_function",
        },
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "tie_word_embeddings": true, "hidden_act": "gelu_new", "window_size": 256, "max_position_embeddings": 2048 }
            """,
        ReadHuggingFace = ReadHuggingFace,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Embedding] = "transformer.wte",
            [TensorRole.PositionEmbedding] = "transformer.wpe",
            [TensorRole.OutputNorm] = "transformer.ln_f",
            [TensorRole.AttentionNorm] = "transformer.h.{0}.ln_1",
            [TensorRole.Query] = "transformer.h.{0}.attn.attention.q_proj",
            [TensorRole.Key] = "transformer.h.{0}.attn.attention.k_proj",
            [TensorRole.Value] = "transformer.h.{0}.attn.attention.v_proj",
            [TensorRole.AttentionOutput] = "transformer.h.{0}.attn.attention.out_proj",
            [TensorRole.FeedForwardNorm] = "transformer.h.{0}.ln_2",
            [TensorRole.Up] = "transformer.h.{0}.mlp.c_fc",
            [TensorRole.Down] = "transformer.h.{0}.mlp.c_proj",
        }),
    };

    private static ModelConfig ReadHuggingFace(HuggingFaceConfig keys, ModelConfig config)
    {
        string[] kinds = keys.GetStringsOrNull("attention_layers") ?? [.. Enumerable.Range(0, config.Layers.Count).Select(i => i % 2 == 0 ? "global" : "local")];
        if (kinds.Length != config.Layers.Count || kinds.Any(kind => kind is not ("global" or "local")))
        {
            throw keys.Wrong("attention_layers", $"{config.Layers.Count} times global or local");
        }

        int window = keys.GetInt32("window_size");
        return config with
        {
            AttentionScale = 1,
            Layers = [.. config.Layers.Select((layer, i) => layer with { Window = kinds[i] == "local" ? window : 0 })],
        };
    }
}
