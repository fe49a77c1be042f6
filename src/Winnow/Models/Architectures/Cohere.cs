using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>Command R and R+: attention and feed-forward side by side behind one layer norm without bias; R+ normalises each head with weights of its own.</summary>
/// <remarks>https://docs.cohere.com/docs/command-r.</remarks>
internal static class Cohere
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "cohere",
        GgufName = "command-r",
        Norm = NormKind.Layer,
        IsParallel = true,
        SharesParallelNorm = true,
        QueryKeyNorm = QueryKeyNorm.PerHeadOwn,
        QueryKeyNormKind = NormKind.Layer,
        HuggingFaceRopeIsInterleaved = true,
        GgufRopeIsInterleaved = true,
        GgufLogitScaleMultiplies = true,
        HuggingFaceDefaults = """
            { "layer_norm_eps": 1e-5, "rope_theta": 500000.0, "tie_word_embeddings": true, "logit_scale": 0.0625 }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.Without(TensorRole.FeedForwardNorm),
        GgufTensors = TensorNames.Gguf.Without(TensorRole.FeedForwardNorm),
    };
}
