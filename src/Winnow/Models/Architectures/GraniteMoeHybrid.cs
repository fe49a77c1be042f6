using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Granite 4: the layers of Bamba with the multipliers of Granite 3, experts and one that every token takes, or the latter alone.</summary>
/// <remarks>https://github.com/ibm-granite/granite-4.0-language-models. <see cref="Bamba"/> reads GGUF files.</remarks>
internal static class GraniteMoeHybrid
{
    public static Architecture Architecture { get; } = Bamba.Architecture with
    {
        HuggingFaceName = "granitemoehybrid",
        Router = new ExpertRouter(Used: 2, NormalizesWeights: true),
        HuggingFaceLayers = ReadLayers,
        HuggingFaceFeedForwardSize = config =>
            config.GetInt32(config.GetInt32("num_local_experts") == 0 ? "shared_intermediate_size" : "intermediate_size"),
        HuggingFaceKeys = new Dictionary<string, string> { ["shared_expert_intermediate_size"] = "shared_intermediate_size" },
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "max_position_embeddings": 2048,
              "embedding_multiplier": 1.0, "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 1.0,
              "num_local_experts": 8, "num_experts_per_tok": 2, "shared_intermediate_size": 1024,
              "mamba_n_heads": 128, "mamba_n_groups": 1, "mamba_d_state": 256, "mamba_d_conv": 4, "mamba_expand": 2, "mamba_conv_bias": true,
              "mamba_proj_bias": false
            }
            """,
        HuggingFaceTensors = Bamba.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.OutputNorm] = "model.norm",
            [TensorRole.FeedForwardNorm] = "model.layers.{0}.post_attention_layernorm",
            [TensorRole.GateUp] = "model.layers.{0}.shared_mlp.input_linear",
            [TensorRole.Down] = "model.layers.{0}.shared_mlp.output_linear",
            [TensorRole.Router] = "model.layers.{0}.block_sparse_moe.router.layer",
            [TensorRole.ExpertGateUp] = "model.layers.{0}.block_sparse_moe.input_linear",
            [TensorRole.ExpertDown] = "model.layers.{0}.block_sparse_moe.output_linear",
            [TensorRole.SharedGateUp] = "model.layers.{0}.shared_mlp.input_linear",
            [TensorRole.SharedDown] = "model.layers.{0}.shared_mlp.output_linear",
        }).Without(TensorRole.Gate, TensorRole.Up),
        GgufTensors = TensorNames.Gguf.Without(TensorRole.GateUp),
    };

    private static LayerBlocks[] ReadLayers(HuggingFaceConfig config, int count)
    {
        bool[] attends = HybridLayers.ReadTypes(config, count, "mamba", "linear_attention") ?? new bool[count];
        bool rotates = config.IsText("position_embedding_type", "rope");
        return Array.ConvertAll(HybridLayers.Of(attends, Bamba.ReadSpace(config)), block => block with { Rotates = rotates });
    }
}
