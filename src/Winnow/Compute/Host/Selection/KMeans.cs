using System.Numerics.Tensors;

namespace Winnow.Compute.Host.Selection;

/// <summary>Lloyd's algorithm with k-means++ seeding.</summary>
/// <remarks>
/// Arthur, Vassilvitskii: "k-means++: The Advantages of Careful Seeding" (SODA 2007). The objective never rises from one
/// iteration to the next. Equal seeds give equal centroids.
/// </remarks>
internal sealed class KMeans
{
    /// <summary>An iteration that gains less than this part of the objective is the last one.</summary>
    private const double LeastGain = 1e-3;

    /// <summary>Points that are assigned in one piece.</summary>
    private const int PieceLength = 1024;

    private readonly float[] _points;
    private readonly int _dimension;
    private readonly ushort[] _codes;
    private readonly float[] _costs;
    private readonly float[] _norms;

    /// <param name="points">[points, dimension].</param>
    /// <param name="dimension">Elements of a point.</param>
    public KMeans(float[] points, int dimension)
    {
        _points = points;
        _dimension = dimension;
        int count = points.Length / dimension;
        _codes = new ushort[count];
        _costs = new float[count];
        _norms = new float[count];
        for (int i = 0; i < count; i++)
        {
            _norms[i] = TensorPrimitives.Dot(Point(i), Point(i));
        }
    }

    /// <summary>Finds centroids.</summary>
    /// <param name="count">How many; not more than there are points.</param>
    /// <param name="iterations">Updates at most.</param>
    /// <param name="seed">Of the seeding.</param>
    /// <returns>[count, dimension].</returns>
    public float[] Fit(int count, int iterations, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _codes.Length);
        float[] centroids = Seed(count, new Random(seed));
        double objective = Assign(centroids);
        for (int i = 0; i < iterations; i++)
        {
            Update(centroids, count);
            double before = objective;
            objective = Assign(centroids);
            if (before - objective < LeastGain * before)
            {
                break;
            }
        }

        return centroids;
    }

    /// <summary>Each next centroid is a point drawn with a probability proportional to its squared distance to the nearest one so far.</summary>
    private float[] Seed(int count, Random random)
    {
        float[] centroids = new float[count * _dimension];
        float[] distances = new float[_codes.Length];
        Array.Fill(distances, float.PositiveInfinity);
        int chosen = random.Next(_codes.Length);
        for (int c = 0; ; c++)
        {
            Point(chosen).CopyTo(centroids.AsSpan(c * _dimension));
            if (c + 1 == count)
            {
                return centroids;
            }

            double sum = 0;
            for (int i = 0; i < distances.Length; i++)
            {
                float distance = _norms[i] + _norms[chosen] - (2 * TensorPrimitives.Dot(Point(i), Point(chosen)));
                distances[i] = Math.Min(distances[i], Math.Max(distance, 0));
                sum += distances[i];
            }

            distances[chosen] = 0;
            double mark = random.NextDouble() * sum;
            chosen = distances.Length - 1;
            for (int i = 0; i < distances.Length; i++)
            {
                mark -= distances[i];
                if (mark < 0)
                {
                    chosen = i;
                    break;
                }
            }
        }
    }

    /// <summary>Gives every point the nearest centroid; returns the mean squared distance.</summary>
    private double Assign(float[] centroids)
    {
        CentroidPanels panels = new(centroids, _dimension);
        float[] bias = Codebook.Bias(centroids, _dimension, panels.PaddedCount);
        double sum = 0;
        for (int first = 0; first < _codes.Length; first += PieceLength)
        {
            int length = Math.Min(PieceLength, _codes.Length - first);
            panels.FindNearest(
                _points.AsSpan(first * _dimension, length * _dimension), bias, _codes.AsSpan(first, length), _costs.AsSpan(first, length));
        }

        for (int i = 0; i < _codes.Length; i++)
        {
            sum += Math.Max(_norms[i] + (2 * _costs[i]), 0);
        }

        return sum / _codes.Length;
    }

    /// <summary>Moves each centroid to the mean of its points; one that has none goes to the point that is worst off.</summary>
    private void Update(float[] centroids, int count)
    {
        double[] sums = new double[count * _dimension];
        int[] sizes = new int[count];
        for (int i = 0; i < _codes.Length; i++)
        {
            int code = _codes[i];
            sizes[code]++;
            ReadOnlySpan<float> point = Point(i);
            Span<double> sum = sums.AsSpan(code * _dimension, _dimension);
            for (int j = 0; j < sum.Length; j++)
            {
                sum[j] += point[j];
            }
        }

        for (int c = 0; c < count; c++)
        {
            Span<float> centroid = centroids.AsSpan(c * _dimension, _dimension);
            if (sizes[c] == 0)
            {
                int worst = FindWorst();
                Point(worst).CopyTo(centroid);
                _costs[worst] = float.NegativeInfinity;
                continue;
            }

            for (int j = 0; j < centroid.Length; j++)
            {
                centroid[j] = (float)(sums[(c * _dimension) + j] / sizes[c]);
            }
        }
    }

    private int FindWorst()
    {
        int worst = 0;
        float distance = float.NegativeInfinity;
        for (int i = 0; i < _codes.Length; i++)
        {
            if (_norms[i] + (2 * _costs[i]) > distance)
            {
                distance = _norms[i] + (2 * _costs[i]);
                worst = i;
            }
        }

        return worst;
    }

    private ReadOnlySpan<float> Point(int index) => _points.AsSpan(index * _dimension, _dimension);
}
