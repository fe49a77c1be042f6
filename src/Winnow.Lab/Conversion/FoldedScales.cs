using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Lab.Conversion;

/// <summary>Scales that a GGUF file has in its weights, where its format has no keys for them.</summary>
internal static class FoldedScales
{
    /// <summary>The configuration that is left.</summary>
    public static ModelConfig Rest(ModelConfig config) => !config.Architecture.GgufFoldsScales ? config : config with
    {
        AttentionScale = 1 / MathF.Sqrt(config.HeadDimension),
        EmbeddingScale = 1,
        LogitScale = 1,
        AttentionOutputScale = 1,
        RecurrentOutputScale = 1,
        GateScale = 1,
        FeedForwardScale = 1,
    };

    /// <summary>What the rows of a tensor are multiplied with: one factor, or one for each row; null for nothing.</summary>
    public static float[]? Of(ModelConfig config, TensorRole role, int layer) => !config.Architecture.GgufFoldsScales ? null : role switch
    {
        TensorRole.Embedding => [config.EmbeddingScale],
        TensorRole.Output => [config.LogitScale],
        TensorRole.Key => [config.AttentionScale * MathF.Sqrt(config.HeadDimension)],
        TensorRole.AttentionOutput => [config.AttentionOutputScale],
        TensorRole.RecurrentInput => (config.Layers[layer].Recurrent as RecurrentConfig.StateSpace)?.InputScales,
        TensorRole.RecurrentOutput => [config.RecurrentOutputScale],
        TensorRole.Gate => [config.GateScale],
        TensorRole.Down => [config.FeedForwardScale],
        _ => null,
    };
}
