using Winnow.Models.Config;

namespace Winnow.Models.Architectures;

/// <summary>Ministral 3: Llama with YaRN and queries that grow with their position.</summary>
/// <remarks>https://huggingface.co/mistralai/Ministral-3-8B-Instruct-2512.</remarks>
internal static class Ministral3
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "ministral3",
        GgufName = "mistral3",
        HasSlidingWindow = true,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 8 }
            """,
        ReadHuggingFace = ReadTemperature,
    };

    /// <summary>Reads how queries grow with their position.</summary>
    public static ModelConfig ReadTemperature(HuggingFaceConfig keys, ModelConfig config)
    {
        HuggingFaceConfig? rope = keys.GetObjectOrNull("rope_parameters") ?? keys.GetObjectOrNull("rope_scaling");
        return rope?.GetSingleOrNull("llama_4_scaling_beta") is not { } beta || rope.GetInt32OrNull("original_max_position_embeddings") is not (> 0 and { } length)
            ? config
            : config with { Layers = [.. config.Layers.Select(layer => layer with { Temperature = new QueryTemperature(beta, length, 0) })] };
    }
}
