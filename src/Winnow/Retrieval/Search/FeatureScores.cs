using System.Numerics.Tensors;
using Winnow.Retrieval.Storage;

namespace Winnow.Retrieval.Search;

/// <summary>How much each token of an index answers to the features of a question.</summary>
/// <remarks>
/// S³-Attention, equation 7: S[t] = Σ over layers and the question's features of weight · IDF, for the tokens t in the feature's
/// list, IDF(f) = 1 / (log(1 + frequency) + 1). Each layer is brought to a maximum of 1 before the layers are added, so that none
/// dominates (inferred in the brief).
/// </remarks>
internal static class FeatureScores
{
    /// <summary>Computes the scores.</summary>
    /// <param name="state">The index.</param>
    /// <param name="question">What is looked for.</param>
    /// <param name="autoencoders">Which autoencoders take part; null for all.</param>
    /// <returns>[tokens].</returns>
    /// <exception cref="Formats.ModelFormatException">A list of the index is damaged.</exception>
    public static float[] Compute(IndexState state, QuestionFeatures question, IReadOnlyList<int>? autoencoders)
    {
        float[] scores = new float[state.Tokens];
        float[] layer = new float[state.Tokens];
        for (int i = 0; i < question.Features.Count; i++)
        {
            if (autoencoders?.Contains(i) ?? true)
            {
                Array.Clear(layer);
                AddLayer(state, i, question.Features[i], layer);
                float largest = layer.Length == 0 ? 0 : TensorPrimitives.Max<float>(layer);
                if (largest > 0)
                {
                    TensorPrimitives.MultiplyAdd(layer, 1 / largest, scores, scores);
                }
            }
        }

        return scores;
    }

    /// <summary>The weight of a feature that so many tokens have.</summary>
    public static double InverseDocumentFrequency(long frequency) => 1 / (Math.Log(1 + frequency) + 1);

    private static void AddLayer(IndexState state, int autoencoder, IReadOnlyList<(int Feature, float Weight)> features, float[] scores)
    {
        foreach ((int feature, float weight) in features)
        {
            long frequency = 0;
            foreach (BlockPosition position in state.Blocks)
            {
                position.Block.Postings(autoencoder, feature, out int count);
                frequency += count;
            }

            float value = weight * (float)InverseDocumentFrequency(frequency);
            foreach (BlockPosition position in state.Blocks)
            {
                ReadOnlySpan<byte> list = position.Block.Postings(autoencoder, feature, out _);
                if (!PostingList.AddTo(list, scores.AsSpan(position.FirstToken, position.Block.Tokens), value))
                {
                    throw position.Block.Damaged($"the list of feature {feature} names a token that does not exist");
                }
            }
        }
    }
}
