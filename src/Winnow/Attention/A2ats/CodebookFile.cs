using Winnow.Compute;
using Winnow.Compute.Host.Selection;
using Winnow.Formats;

namespace Winnow.Attention.A2ats;

/// <summary>Reads codebooks of all layers from tensors.</summary>
/// <remarks>
/// <c>Lc</c> [layers, kvHeads, d, d], <c>score_centroids</c> [layers, kvHeads, centroids, d], and where they are given
/// <c>centroids</c> (shaped as those; otherwise their product with Lc) and <c>mean</c> [layers, kvHeads, d] (otherwise zero).
/// Layers that have a sliding window are present and unused.
/// </remarks>
internal static class CodebookFile
{
    /// <summary>The lower triangular factors of H.</summary>
    public const string Lower = "Lc";

    /// <summary>The centroids of transformed keys.</summary>
    public const string Centroids = "centroids";

    /// <summary>The centroids that queries are multiplied with.</summary>
    public const string ScoreCentroids = "score_centroids";

    /// <summary>What is subtracted from keys.</summary>
    public const string Mean = "mean";

    /// <summary>Opens a file of codebooks alone.</summary>
    /// <exception cref="WinnowException">It is missing, damaged, or does not fit the model.</exception>
    public static Codebook[][] Open(string path, AttentionLayers layers)
    {
        try
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            return Read(path, file.Tensors, layers);
        }
        catch (ModelFormatException e)
        {
            throw new WinnowException(e.Message, e);
        }
    }

    /// <summary>Reads codebooks, [layers][kvHeads].</summary>
    /// <param name="path">The file, for errors.</param>
    /// <param name="tensors">By name.</param>
    /// <param name="layers">The model's layers.</param>
    /// <exception cref="WinnowException">A tensor is missing or does not fit the model.</exception>
    public static Codebook[][] Read(string path, IReadOnlyDictionary<string, TensorEntry> tensors, AttentionLayers layers)
    {
        AttentionShape shape = layers.GlobalShape;
        int dimension = shape.HeadDimension;
        TensorEntry scores = tensors.GetValueOrDefault(ScoreCentroids) ?? throw Missing(path, ScoreCentroids);
        long count = scores.Shape.Count == 4 ? scores.Shape[2] : 0;
        if (count is < 1 or > Codebook.MaximumCentroids)
        {
            throw new WinnowException($"{path}: '{ScoreCentroids}' must be [layers, kvHeads, centroids, headDimension] with 1 to {Codebook.MaximumCentroids} centroids");
        }

        float[] scoreValues = Values(path, scores, layers.Count, shape.KvHeads, count, dimension);
        float[] lower = Values(path, tensors.GetValueOrDefault(Lower) ?? throw Missing(path, Lower), layers.Count, shape.KvHeads, dimension, dimension);
        float[]? centroids = tensors.TryGetValue(Centroids, out TensorEntry? found) ? Values(path, found, layers.Count, shape.KvHeads, count, dimension) : null;
        float[]? means = tensors.TryGetValue(Mean, out TensorEntry? mean) ? Values(path, mean, layers.Count, shape.KvHeads, dimension) : null;
        return Create(shape.KvHeads, dimension, lower, scoreValues, centroids, means);
    }

    /// <summary>Creates codebooks, [layers][kvHeads], from the values of the tensors.</summary>
    /// <param name="kvHeads">KV heads of a layer.</param>
    /// <param name="dimension">Elements of a key.</param>
    /// <param name="lower">[layers, kvHeads, d, d].</param>
    /// <param name="scores">[layers, kvHeads, centroids, d].</param>
    /// <param name="centroids">Shaped as the scores; null for their product with the factors.</param>
    /// <param name="means">[layers, kvHeads, d]; null for zero.</param>
    public static Codebook[][] Create(int kvHeads, int dimension, float[] lower, float[] scores, float[]? centroids, float[]? means)
    {
        int heads = lower.Length / (dimension * dimension);
        int length = scores.Length / heads;
        Codebook[] books = new Codebook[heads];
        for (int i = 0; i < heads; i++)
        {
            float[] headLower = Part(lower, i, dimension * dimension);
            float[] headScores = Part(scores, i, length);
            books[i] = new Codebook(new CodebookData(
                means is null ? new float[dimension] : Part(means, i, dimension),
                headLower,
                centroids is null ? Product(headScores, headLower, dimension) : Part(centroids, i, length),
                headScores));
        }

        return [.. books.Chunk(kvHeads)];
    }

    private static float[] Part(float[] values, int index, int length) => values.AsSpan(index * length, length).ToArray();

    /// <summary>C′ = Ĉ · L.</summary>
    private static float[] Product(float[] scores, float[] lower, int dimension)
    {
        float[] centroids = new float[scores.Length];
        for (int first = 0; first < scores.Length; first += dimension)
        {
            for (int column = 0; column < dimension; column++)
            {
                double sum = 0;
                for (int k = column; k < dimension; k++)
                {
                    sum += (double)scores[first + k] * lower[(k * dimension) + column];
                }

                centroids[first + column] = (float)sum;
            }
        }

        return centroids;
    }

    private static float[] Values(string path, TensorEntry tensor, params ReadOnlySpan<long> shape)
    {
        if (!tensor.Shape.SequenceEqual(shape.ToArray()))
        {
            throw new WinnowException(
                $"{path}: '{tensor.Name}' has the shape [{string.Join(", ", tensor.Shape)}], but the model needs [{string.Join(", ", shape.ToArray())}]");
        }

        return tensor.ToSingles();
    }

    private static WinnowException Missing(string path, string name) =>
        new($"{path} has no codebooks: the tensor '{name}' is missing");
}
