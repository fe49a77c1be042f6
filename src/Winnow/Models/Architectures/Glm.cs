using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GLM-4 of 2024: neighbours are rotated in half of each head, biases on query, key and value, fused gate and up.</summary>
/// <remarks>https://arxiv.org/abs/2406.12793.</remarks>
internal static class Glm
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "glm",
        GgufName = "chatglm",
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1.5625e-7, "rope_theta": 10000.0, "tie_word_embeddings": false, "head_dim": 128, "num_key_value_heads": 2,
              "partial_rotary_factor": 0.5
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new() { [TensorRole.GateUp] = "model.layers.{0}.mlp.gate_up_proj" }),
    };
}
