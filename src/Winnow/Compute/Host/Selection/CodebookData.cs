using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

/// <summary>The codebook of one layer and KV head as files hold it.</summary>
/// <param name="Mean">m, [dimension]: what is subtracted from a key first; zeros where nothing is.</param>
/// <param name="Lower">L with H = L · Lᵀ, [dimension, dimension].</param>
/// <param name="Centroids">C′, centroids of (k − m) · L, [count, dimension].</param>
/// <param name="ScoreCentroids">Ĉ = C′ · L⁻¹, what queries are multiplied with, [count, dimension].</param>
internal sealed record CodebookData(float[] Mean, float[] Lower, float[] Centroids, float[] ScoreCentroids)
{
    /// <summary>Elements of a key.</summary>
    public int Dimension => Mean.Length;

    /// <summary>Finds a codebook: k-means of keys in the space where squared distances are expected squared errors of scores.</summary>
    /// <remarks>
    /// E((q̃·k − q̃·c)²) = (k − c) H (k − c)ᵀ = ‖kL − cL‖² (section 4 of the brief's source, equations 13 to 18). The mean is
    /// removed because single precision would be spent on it where keys have a large common offset (Qwen2's biases); it
    /// adds the same to every score.
    /// </remarks>
    /// <param name="keys">Keys before rotation, [keys, dimension]; overwritten.</param>
    /// <param name="moments">H, [dimension, dimension].</param>
    /// <param name="dimension">Elements of a key.</param>
    /// <param name="count">Centroids; fewer where there are fewer keys.</param>
    /// <param name="iterations">Updates of Lloyd's algorithm at most.</param>
    /// <param name="seed">Of the seeding.</param>
    public static CodebookData Train(float[] keys, double[] moments, int dimension, int count, int iterations, int seed)
    {
        int length = keys.Length / dimension;
        float[] mean = new float[dimension];
        for (int i = 0; i < length; i++)
        {
            TensorPrimitives.Add(mean, keys.AsSpan(i * dimension, dimension), mean);
        }

        TensorPrimitives.Divide(mean, length, mean);
        double[] lower = Cholesky.Factor(moments, dimension);
        Transform(keys, mean, lower);
        float[] centroids = new KMeans(keys, dimension).Fit(Math.Min(count, length), iterations, seed);
        float[] scores = new float[centroids.Length];
        double[] row = new double[dimension];
        for (int first = 0; first < centroids.Length; first += dimension)
        {
            TensorPrimitives.ConvertTruncating<float, double>(centroids.AsSpan(first, dimension), row);
            Cholesky.SolveRow(lower, row);
            TensorPrimitives.ConvertTruncating<double, float>(row, scores.AsSpan(first, dimension));
        }

        return new CodebookData(mean, Array.ConvertAll(lower, value => (float)value), centroids, scores);
    }

    /// <summary>z = (k − m) · L for every key, in place.</summary>
    private static void Transform(float[] keys, float[] mean, double[] lower)
    {
        int dimension = mean.Length;
        float[] transposed = new float[lower.Length];
        for (int row = 0; row < dimension; row++)
        {
            for (int column = 0; column < dimension; column++)
            {
                transposed[(column * dimension) + row] = (float)lower[(row * dimension) + column];
            }
        }

        CentroidPanels panels = new(transposed, dimension);
        float[] product = new float[panels.PaddedCount];
        for (int first = 0; first < keys.Length; first += dimension)
        {
            Span<float> key = keys.AsSpan(first, dimension);
            TensorPrimitives.Subtract(key, mean, key);
            panels.Multiply(key, product);
            product.AsSpan(0, dimension).CopyTo(key);
        }
    }
}
