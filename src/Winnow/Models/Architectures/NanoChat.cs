using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Architectures;

/// <summary>NanoChat: norms without weights, also of embeddings and, after rotation, of heads; squared ReLU; soft-capped logits.</summary>
/// <remarks>https://github.com/karpathy/nanochat. llama.cpp has no name for it: GGUF files are read here only.</remarks>
internal static class NanoChat
{
    public static Architecture Architecture { get; } = new()
    {
        HuggingFaceName = "nanochat",
        GgufName = "nanochat",
        HasNormWeights = false,
        HasEmbeddingNorm = true,
        QueryKeyNorm = QueryKeyNorm.PerHead,
        NormsAfterRotation = true,
        RotatesBackwards = true,
        Activation = Activation.ReluSquared,
        IsGated = false,
        HuggingFaceDefaults = """
            { "rms_norm_eps": 1e-6, "rope_theta": 10000.0, "tie_word_embeddings": false, "hidden_act": "relu2", "final_logit_softcapping": 15.0 }
            """,
        HuggingFaceTensors = TensorNames.HuggingFace.With(new()
        {
            [TensorRole.Up] = "model.layers.{0}.mlp.fc1",
            [TensorRole.Down] = "model.layers.{0}.mlp.fc2",
        }),
    };
}
