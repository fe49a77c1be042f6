namespace Winnow.Compute.Host.Selection;

/// <summary>
/// The rows of a small matrix (centroids, or a square transform) in the order that a product with a few query or key rows
/// streams: the panels of <see cref="PanelKernel"/>.
/// </summary>
internal sealed class CentroidPanels
{
    /// <summary>Rows of a panel.</summary>
    private const int Width = PanelKernel.Width;

    private readonly float[] _panels;

    /// <param name="rows">[count, dimension].</param>
    /// <param name="dimension">Elements of a row.</param>
    public CentroidPanels(ReadOnlySpan<float> rows, int dimension)
    {
        Dimension = dimension;
        Count = rows.Length / dimension;
        _panels = new float[PaddedCount * dimension];
        for (int row = 0; row < Count; row++)
        {
            int panel = row / Width * Width * dimension;
            for (int i = 0; i < dimension; i++)
            {
                _panels[panel + (i * Width) + (row % Width)] = rows[(row * dimension) + i];
            }
        }
    }

    private CentroidPanels(int count, int dimension, float[] panels)
    {
        Dimension = dimension;
        Count = count;
        _panels = panels;
    }

    /// <summary>Bytes that the panels take.</summary>
    public long SizeBytes => _panels.LongLength * sizeof(float);

    /// <summary>Rows of the matrix.</summary>
    public int Count { get; }

    /// <summary>Elements of a row.</summary>
    public int Dimension { get; }

    /// <summary>The rows filled up to whole panels: products with the added ones are zero.</summary>
    public int PaddedCount => Pad(Count);

    /// <summary>Rows filled up to whole panels.</summary>
    public static int Pad(int count) => (count + Width - 1) / Width * Width;

    /// <summary>Writes the panels.</summary>
    public void Save(StateBuffer target) => target.Write<float>(_panels);

    /// <summary>Reads panels back.</summary>
    /// <param name="source">What <see cref="Save"/> wrote.</param>
    /// <param name="count">Rows of the matrix.</param>
    /// <param name="dimension">Elements of a row.</param>
    public static CentroidPanels Load(ref StateReader source, int count, int dimension)
    {
        float[] panels = new float[Pad(count) * dimension];
        source.Read<float>(panels);
        return new CentroidPanels(count, dimension, panels);
    }

    /// <summary>Products of vectors with every row.</summary>
    /// <param name="vectors">[vectors, dimension].</param>
    /// <param name="products">[vectors, <see cref="PaddedCount"/>].</param>
    public void Multiply(ReadOnlySpan<float> vectors, Span<float> products) =>
        PanelKernel.Multiply(_panels, Dimension, vectors, products);

    /// <summary>For each vector the row c with the smallest <c>bias[c] − vector · c</c>, of equal ones the lowest.</summary>
    /// <param name="vectors">[vectors, dimension].</param>
    /// <param name="bias">[<see cref="PaddedCount"/>], +∞ for the rows that were added.</param>
    /// <param name="codes">[vectors]: the rows.</param>
    /// <param name="costs">[vectors]: what the smallest is.</param>
    public void FindNearest(ReadOnlySpan<float> vectors, ReadOnlySpan<float> bias, Span<ushort> codes, Span<float> costs) =>
        PanelKernel.FindNearest(_panels, Dimension, vectors, bias, codes, costs);
}
