namespace Winnow.Lab.Quantization;

/// <summary>The squares of the inputs of a tensor's matrices, added up: of one, or one for each expert.</summary>
internal sealed class ImportanceSums
{
    private readonly double[] _squares;
    private readonly double[] _counts;

    /// <summary>Nothing yet.</summary>
    public ImportanceSums(int matrices, int columns)
    {
        Matrices = matrices;
        Columns = columns;
        _squares = new double[matrices * columns];
        _counts = new double[matrices];
    }

    /// <summary>As a file has them.</summary>
    public ImportanceSums(float[] squares, float[] counts)
    {
        Matrices = counts.Length;
        Columns = squares.Length / Math.Max(counts.Length, 1);
        _squares = Array.ConvertAll(squares, value => (double)value);
        _counts = Array.ConvertAll(counts, value => (double)value);
    }

    public int Matrices { get; }

    public int Columns { get; }

    public void Add(int matrix, ReadOnlySpan<float> row)
    {
        Span<double> squares = _squares.AsSpan(matrix * Columns, Columns);
        for (int i = 0; i < row.Length; i++)
        {
            squares[i] += (double)row[i] * row[i];
        }

        _counts[matrix]++;
    }

    /// <summary>[matrices, columns]; 1 for a matrix that met no input.</summary>
    public float[] Means()
    {
        float[] means = new float[Matrices * Columns];
        for (int i = 0; i < means.Length; i++)
        {
            double count = _counts[i / Columns];
            means[i] = count > 0 ? (float)(_squares[i] / count) : 1;
        }

        return means;
    }

    public float[] SquaresAsFloats() => Array.ConvertAll(_squares, value => (float)value);

    public float[] CountsAsFloats() => Array.ConvertAll(_counts, value => (float)value);
}
