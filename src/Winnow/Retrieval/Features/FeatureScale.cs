using System.Numerics.Tensors;

namespace Winnow.Retrieval.Features;

/// <summary>Brings vectors to mean 0 and a mean square of 1 per element.</summary>
/// <param name="Mean">[width].</param>
/// <param name="Factor">What differences from the mean are multiplied with.</param>
internal sealed record FeatureScale(float[] Mean, float Factor)
{
    /// <summary>The scale that a sample of vectors asks for.</summary>
    /// <param name="vectors">[count, width].</param>
    /// <param name="width">Elements of a vector.</param>
    public static FeatureScale Of(ReadOnlySpan<float> vectors, int width)
    {
        int count = vectors.Length / width;
        double[] sum = new double[width];
        double squares = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = 0; j < width; j++)
            {
                float value = vectors[(i * width) + j];
                sum[j] += value;
                squares += (double)value * value;
            }
        }

        float[] mean = [.. sum.Select(value => (float)(value / count))];
        double variance = (squares / count) - mean.Sum(value => (double)value * value);
        return new FeatureScale(mean, variance > 0 ? (float)Math.Sqrt(width / variance) : 1);
    }

    /// <summary>Normalises vectors in place.</summary>
    /// <param name="vectors">[count, width].</param>
    public void Apply(Span<float> vectors)
    {
        for (int first = 0; first < vectors.Length; first += Mean.Length)
        {
            Span<float> vector = vectors.Slice(first, Mean.Length);
            TensorPrimitives.Subtract(vector, Mean, vector);
            TensorPrimitives.Multiply(vector, Factor, vector);
        }
    }
}
