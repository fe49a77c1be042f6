namespace Winnow.Compute.Host.Selection;

/// <summary>H = E[q̃ᵀq̃] of one KV head: the second moment of the queries of its group, rotated to the constant distance.</summary>
internal sealed class QueryMoments(int dimension)
{
    /// <summary>What keeps H invertible where queries leave a direction out.</summary>
    private const double Ridge = 1e-6;

    private readonly double[] _sums = new double[dimension * dimension];

    /// <summary>Queries added.</summary>
    public long Count { get; private set; }

    /// <summary>Takes a query in.</summary>
    /// <param name="query">[dimension], rotated by the constant.</param>
    public void Add(ReadOnlySpan<float> query)
    {
        Count++;
        for (int row = 0; row < dimension; row++)
        {
            double value = query[row];
            Span<double> sums = _sums.AsSpan(row * dimension, row + 1);
            for (int column = 0; column < sums.Length; column++)
            {
                sums[column] += value * query[column];
            }
        }
    }

    /// <summary>Becomes what another one is.</summary>
    public void CopyFrom(QueryMoments other)
    {
        Count = other.Count;
        other._sums.CopyTo(_sums, 0);
    }

    /// <summary>Writes down the sums: their lower triangle, and nothing but the count where it is 0.</summary>
    public void Mark(StateBuffer mark)
    {
        mark.Write(Count);
        for (int row = 0; Count > 0 && row < dimension; row++)
        {
            mark.Write<double>(_sums.AsSpan(row * dimension, row + 1));
        }
    }

    /// <summary>Comes back to the sums that were written down.</summary>
    public void Return(ref StateReader mark)
    {
        Count = mark.ReadInt64();
        Array.Clear(_sums);
        for (int row = 0; Count > 0 && row < dimension; row++)
        {
            mark.Read(_sums.AsSpan(row * dimension, row + 1));
        }
    }

    /// <summary>The moments divided by the root mean square of their entries, with a small ridge: [dimension, dimension].</summary>
    /// <remarks>The scale is of no consequence for which centroid is nearest. Without queries it is the identity.</remarks>
    public double[] Normalized()
    {
        double[] moments = new double[_sums.Length];
        double squares = 0;
        for (int row = 0; row < dimension; row++)
        {
            for (int column = 0; column < dimension; column++)
            {
                double value = _sums[(Math.Max(row, column) * dimension) + Math.Min(row, column)];
                moments[(row * dimension) + column] = value;
                squares += value * value;
            }
        }

        double scale = squares > 0 ? 1 / Math.Sqrt(squares / moments.Length) : 0;
        for (int i = 0; i < moments.Length; i++)
        {
            moments[i] *= scale;
        }

        for (int i = 0; i < dimension; i++)
        {
            moments[(i * dimension) + i] += squares > 0 ? Ridge : 1;
        }

        return moments;
    }
}
