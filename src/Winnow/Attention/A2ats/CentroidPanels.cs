using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Winnow.Attention.A2ats;

/// <summary>
/// The rows of a small matrix (centroids, or a square transform) in the order that a product with a few query or key rows
/// streams: panels of 16, [panels][dimension][16]. One vector of a panel is multiplied with four rows at once.
/// </summary>
/// <remarks>Written with 512-bit vectors, which the JIT cuts into whatever the processor has.</remarks>
internal sealed class CentroidPanels
{
    /// <summary>Rows of a panel.</summary>
    public const int Width = 16;

    /// <summary>Rows that a panel is multiplied with at once.</summary>
    private const int Tile = 4;

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
    public void Multiply(ReadOnlySpan<float> vectors, Span<float> products)
    {
        int count = vectors.Length / Dimension;
        ArgumentOutOfRangeException.ThrowIfNotEqual(products.Length, count * PaddedCount, nameof(products));
        ref float target = ref MemoryMarshal.GetReference(products);
        ref float source = ref MemoryMarshal.GetReference(vectors);
        for (int first = 0; first < count; first += Tile)
        {
            ref float vector = ref Unsafe.Add(ref source, first * Dimension);
            int more = Math.Min(Tile, count - first) - 1;
            for (int panel = 0; panel < PaddedCount; panel += Width)
            {
                MultiplyPanel(panel, ref vector, more, out Vector512<float> a, out Vector512<float> b, out Vector512<float> c, out Vector512<float> d);
                ref float row = ref Unsafe.Add(ref target, (first * PaddedCount) + panel);
                a.StoreUnsafe(ref row);
                if (more > 0)
                {
                    b.StoreUnsafe(ref row, (nuint)PaddedCount);
                }

                if (more > 1)
                {
                    c.StoreUnsafe(ref row, (nuint)(2 * PaddedCount));
                }

                if (more > 2)
                {
                    d.StoreUnsafe(ref row, (nuint)(3 * PaddedCount));
                }
            }
        }
    }

    /// <summary>For each vector the row c with the smallest <c>bias[c] − vector · c</c>, of equal ones the lowest.</summary>
    /// <param name="vectors">[vectors, dimension].</param>
    /// <param name="bias">[<see cref="PaddedCount"/>], +∞ for the rows that were added.</param>
    /// <param name="codes">[vectors]: the rows.</param>
    /// <param name="costs">[vectors]: what the smallest is.</param>
    public void FindNearest(ReadOnlySpan<float> vectors, ReadOnlySpan<float> bias, Span<ushort> codes, Span<float> costs)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Length, codes.Length * Dimension, nameof(vectors));
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, PaddedCount, nameof(bias));
        ArgumentOutOfRangeException.ThrowIfNotEqual(costs.Length, codes.Length, nameof(costs));
        ref float source = ref MemoryMarshal.GetReference(vectors);
        ref float offset = ref MemoryMarshal.GetReference(bias);
        for (int first = 0; first < codes.Length; first += Tile)
        {
            ref float vector = ref Unsafe.Add(ref source, first * Dimension);
            int more = Math.Min(Tile, codes.Length - first) - 1;
            Lowest lowestA = Lowest.None;
            Lowest lowestB = Lowest.None;
            Lowest lowestC = Lowest.None;
            Lowest lowestD = Lowest.None;
            for (int panel = 0; panel < PaddedCount; panel += Width)
            {
                MultiplyPanel(panel, ref vector, more, out Vector512<float> a, out Vector512<float> b, out Vector512<float> c, out Vector512<float> d);
                Vector512<float> start = Vector512.LoadUnsafe(ref offset, (nuint)panel);
                Vector512<int> id = Vector512.Create(panel);
                lowestA.Add(start - a, id);
                lowestB.Add(start - b, id);
                lowestC.Add(start - c, id);
                lowestD.Add(start - d, id);
            }

            (codes[first], costs[first]) = lowestA.Find();
            if (more > 0)
            {
                (codes[first + 1], costs[first + 1]) = lowestB.Find();
            }

            if (more > 1)
            {
                (codes[first + 2], costs[first + 2]) = lowestC.Find();
            }

            if (more > 2)
            {
                (codes[first + 3], costs[first + 3]) = lowestD.Find();
            }
        }
    }

    /// <summary>One panel with one to four vectors; where there are fewer, the last one is repeated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MultiplyPanel(
        int panel, ref float vector, int more, out Vector512<float> a, out Vector512<float> b, out Vector512<float> c, out Vector512<float> d)
    {
        ref float rows = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_panels), panel * Dimension);
        ref float second = ref Unsafe.Add(ref vector, Math.Min(more, 1) * Dimension);
        ref float third = ref Unsafe.Add(ref vector, Math.Min(more, 2) * Dimension);
        ref float fourth = ref Unsafe.Add(ref vector, Math.Min(more, 3) * Dimension);
        Vector512<float> sumA = Vector512<float>.Zero;
        Vector512<float> sumB = Vector512<float>.Zero;
        Vector512<float> sumC = Vector512<float>.Zero;
        Vector512<float> sumD = Vector512<float>.Zero;
        for (int i = 0; i < Dimension; i++)
        {
            Vector512<float> elements = Vector512.LoadUnsafe(ref rows, (nuint)(i * Width));
            sumA = Vector512.MultiplyAddEstimate(Vector512.Create(Unsafe.Add(ref vector, i)), elements, sumA);
            sumB = Vector512.MultiplyAddEstimate(Vector512.Create(Unsafe.Add(ref second, i)), elements, sumB);
            sumC = Vector512.MultiplyAddEstimate(Vector512.Create(Unsafe.Add(ref third, i)), elements, sumC);
            sumD = Vector512.MultiplyAddEstimate(Vector512.Create(Unsafe.Add(ref fourth, i)), elements, sumD);
        }

        a = sumA;
        b = sumB;
        c = sumC;
        d = sumD;
    }

    /// <summary>The smallest cost so far in each of 16 lanes, and the panel that it came from.</summary>
    private struct Lowest
    {
        private Vector512<float> _cost;
        private Vector512<int> _panel;

        public static Lowest None => new() { _cost = Vector512.Create(float.PositiveInfinity) };

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector512<float> cost, Vector512<int> panel)
        {
            Vector512<float> less = Vector512.LessThan(cost, _cost);
            _cost = Vector512.ConditionalSelect(less, cost, _cost);
            _panel = Vector512.ConditionalSelect(less.AsInt32(), panel, _panel);
        }

        public readonly (ushort Row, float Cost) Find()
        {
            float cost = float.PositiveInfinity;
            int row = 0;
            for (int lane = 0; lane < Width; lane++)
            {
                int candidate = _panel[lane] + lane;
                if (_cost[lane] < cost || (_cost[lane] == cost && candidate < row))
                {
                    cost = _cost[lane];
                    row = candidate;
                }
            }

            return ((ushort)row, cost);
        }
    }
}
