using Winnow.Compute.Host.Selection;

namespace Winnow.Tests.Attention.A2ats;

/// <summary>Keys and queries of one head whose directions differ in weight, as those of trained models do.</summary>
internal static class SyntheticHeads
{
    /// <summary>Normal values, [rows, dimension], each dimension scaled.</summary>
    public static float[] Rows(int rows, int dimension, int seed, Func<int, float>? scale = null)
    {
        Random random = new(seed);
        float[] values = new float[rows * dimension];
        for (int i = 0; i < values.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            values[i] = (float)normal * (scale?.Invoke(i % dimension) ?? 1);
        }

        return values;
    }

    /// <summary>A positive definite matrix that is the second moment of random queries, and not diagonal.</summary>
    public static double[] Moments(int dimension, int seed)
    {
        QueryMoments moments = new(dimension);
        float[] queries = Rows(4 * dimension, dimension, seed, i => 1f / (1 + (i % 7)));
        for (int i = 0; i < queries.Length; i += dimension)
        {
            moments.Add(queries.AsSpan(i, dimension));
        }

        return moments.Normalized();
    }

    public static double[] Identity(int dimension)
    {
        double[] identity = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++)
        {
            identity[(i * dimension) + i] = 1;
        }

        return identity;
    }

    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
