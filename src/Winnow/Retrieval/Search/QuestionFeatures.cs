using Winnow.Generation;
using Winnow.Retrieval.Features;

namespace Winnow.Retrieval.Search;

/// <summary>What a question looks for: for each autoencoder, features and how strongly the question's queries activate them.</summary>
/// <remarks>
/// Over the tokens of the question, activations of a feature are added up; the strongest few hundred stay (section 5 of the
/// brief, inferred there).
/// </remarks>
internal sealed class QuestionFeatures
{
    /// <summary>Features of one autoencoder that are kept: beyond this, a search costs more and finds nothing else.</summary>
    private const int MaxFeatures = 256;

    private QuestionFeatures(IReadOnlyList<IReadOnlyList<(int Feature, float Weight)>> features)
    {
        Features = features;
    }

    /// <summary>For each autoencoder, features and weights, the strongest first.</summary>
    public IReadOnlyList<IReadOnlyList<(int Feature, float Weight)>> Features { get; }

    /// <summary>Computes the features of a question.</summary>
    /// <param name="engine">The model.</param>
    /// <param name="model">Its autoencoders.</param>
    /// <param name="question">The question alone, without the chat template.</param>
    /// <param name="cancellation">Looked at between layers.</param>
    public static QuestionFeatures Encode(Engine engine, FeatureModel model, string question, CancellationToken cancellation)
    {
        int[] ids = engine.Tokenizer.Encode(question, cancellationToken: cancellation);
        Dictionary<int, float>[] weights = [.. model.Autoencoders.Select(_ => new Dictionary<int, float>())];
        using KeyScan scan = new(engine, model.Autoencoders, ofQueries: true, Math.Max(ids.Length, 1));
        scan.Run(
            ids,
            (_, count, offset, observer) =>
            {
                for (int i = 0; i < weights.Length; i++)
                {
                    int active = model.Autoencoders[i].Active;
                    Add(weights[i], observer.Features[i].AsSpan(offset * active, count * active), observer.Values[i].AsSpan(offset * active, count * active));
                }
            },
            cancellation);
        return Create(weights);
    }

    /// <summary>Creates a question's features from weights.</summary>
    public static QuestionFeatures Create(IReadOnlyList<Dictionary<int, float>> weights) => new(
    [
        .. weights.Select(IReadOnlyList<(int Feature, float Weight)> (features) =>
            [.. features.OrderByDescending(item => item.Value).ThenBy(item => item.Key).Take(MaxFeatures).Select(item => (item.Key, item.Value))]),
    ]);

    private static void Add(Dictionary<int, float> weights, ReadOnlySpan<int> features, ReadOnlySpan<float> values)
    {
        for (int i = 0; i < features.Length; i++)
        {
            if (values[i] > 0)
            {
                weights[features[i]] = weights.GetValueOrDefault(features[i]) + values[i];
            }
        }
    }
}
