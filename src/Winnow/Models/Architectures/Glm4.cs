using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>GLM-4 of 2025: GLM with norms behind both blocks too.</summary>
/// <remarks>https://huggingface.co/zai-org/GLM-4-32B-0414.</remarks>
internal static class Glm4
{
    public static Architecture Architecture { get; } = Glm.Architecture with
    {
        HuggingFaceName = "glm4",
        GgufName = "glm4",
        NormPlacement = NormPlacement.Around,
        HuggingFaceTensors = Glm.Architecture.HuggingFaceTensors.With(new()
        {
            [TensorRole.PostAttentionNorm] = "model.layers.{0}.post_self_attn_layernorm",
            [TensorRole.PostFeedForwardNorm] = "model.layers.{0}.post_mlp_layernorm",
        }),
    };
}
