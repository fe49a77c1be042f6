using Winnow.Compute;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Granite 3 with experts.</summary>
/// <remarks>https://github.com/ibm-granite/granite-3.0-language-models.</remarks>
internal static class GraniteMoe
{
    public static Architecture Architecture { get; } = Granite.Architecture with
    {
        HuggingFaceName = "granitemoe",
        GgufName = "granitemoe",
        Router = new ExpertRouter(Used: 2, NormalizesWeights: true),
        HuggingFaceDefaults = """
            {
              "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "num_local_experts": 8, "num_experts_per_tok": 2,
              "embedding_multiplier": 1.0, "attention_multiplier": 1.0, "residual_multiplier": 1.0, "logits_scaling": 1.0
            }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Router] = "model.layers.{0}.block_sparse_moe.router.layer",
            [TensorRole.ExpertGateUp] = "model.layers.{0}.block_sparse_moe.input_linear",
            [TensorRole.ExpertDown] = "model.layers.{0}.block_sparse_moe.output_linear",
        }),
    };
}
