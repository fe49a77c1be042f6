using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Host;

/// <summary>Multiplies vectors with the rows of a small matrix that lie in panels of 16, [panels][dimension][16].</summary>
/// <remarks>
/// Four vectors share a pass over a panel, or over half of it where registers hold no more. A product is added up in the order of its
/// elements whatever the width of the vectors.
/// </remarks>
internal static unsafe class PanelKernel
{
    /// <summary>Rows of a panel.</summary>
    public const int Width = 16;

    /// <summary>Vectors that share a pass.</summary>
    private const int Tile = 4;

    /// <summary>Products of vectors with every row.</summary>
    /// <param name="panels">[rows / 16, dimension, 16].</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="vectors">[vectors, dimension].</param>
    /// <param name="products">[vectors, rows], whole panels of rows.</param>
    public static void Multiply(ReadOnlySpan<float> panels, int dimension, ReadOnlySpan<float> vectors, Span<float> products)
    {
        int rows = panels.Length / dimension;
        int count = vectors.Length / dimension;
        ArgumentOutOfRangeException.ThrowIfNotEqual(products.Length, count * rows, nameof(products));
        fixed (float* panel = panels, vector = vectors, product = products)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                Multiply<Simd512, Vector512<float>>(panel, rows, dimension, vector, count, product);
            }
            else if (HostVectors.Are256)
            {
                Multiply<Simd256, Vector256<float>>(panel, rows, dimension, vector, count, product);
            }
            else
            {
                Multiply<Simd128, Vector128<float>>(panel, rows, dimension, vector, count, product);
            }
        }
    }

    /// <summary>For each vector the row r with the smallest <c>bias[r] − vector · r</c>, of equal ones the lowest.</summary>
    /// <param name="panels">[rows / 16, dimension, 16].</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="vectors">[vectors, dimension].</param>
    /// <param name="bias">[rows], whole panels of rows.</param>
    /// <param name="nearest">[vectors]: the rows.</param>
    /// <param name="costs">[vectors]: what the smallest is.</param>
    public static void FindNearest(
        ReadOnlySpan<float> panels,
        int dimension,
        ReadOnlySpan<float> vectors,
        ReadOnlySpan<float> bias,
        Span<ushort> nearest,
        Span<float> costs)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(vectors.Length, nearest.Length * dimension, nameof(vectors));
        ArgumentOutOfRangeException.ThrowIfNotEqual(bias.Length, panels.Length / dimension, nameof(bias));
        ArgumentOutOfRangeException.ThrowIfNotEqual(costs.Length, nearest.Length, nameof(costs));
        fixed (float* panel = panels, vector = vectors, offset = bias)
        {
            if (Vector512.IsHardwareAccelerated)
            {
                FindNearest<Simd512, Vector512<float>>(panel, dimension, vector, offset, bias.Length, nearest, costs);
            }
            else if (HostVectors.Are256)
            {
                FindNearest<Simd256, Vector256<float>>(panel, dimension, vector, offset, bias.Length, nearest, costs);
            }
            else
            {
                FindNearest<Simd128, Vector128<float>>(panel, dimension, vector, offset, bias.Length, nearest, costs);
            }
        }
    }

    private static void Multiply<S, V>(float* panels, int rows, int dimension, float* vectors, int count, float* products)
        where S : struct, ISimd<V>
        where V : struct
    {
        for (int first = 0; first < count; first += Tile)
        {
            float* vector = vectors + (first * dimension);
            int more = Math.Min(Tile, count - first) - 1;
            for (int row = 0; row < rows; row += Part<S, V>())
            {
                Sums<V> sums = Products<S, V>(Lanes(panels, dimension, row), dimension, vector, more);
                float* product = products + ((long)first * rows) + row;
                Store<S, V>(sums.A0, sums.A1, product);
                if (more > 0)
                {
                    Store<S, V>(sums.B0, sums.B1, product + rows);
                }

                if (more > 1)
                {
                    Store<S, V>(sums.C0, sums.C1, product + (2 * rows));
                }

                if (more > 2)
                {
                    Store<S, V>(sums.D0, sums.D1, product + (3 * rows));
                }
            }
        }
    }

    private static void FindNearest<S, V>(
        float* panels, int dimension, float* vectors, float* bias, int rows, Span<ushort> nearest, Span<float> costs)
        where S : struct, ISimd<V>
        where V : struct
    {
        // [Tile, 16]: the smallest cost so far of each place in a panel, and the panel that it came from.
        float* lowest = stackalloc float[2 * Tile * Width];
        float* panelOf = lowest + (Tile * Width);
        for (int first = 0; first < nearest.Length; first += Tile)
        {
            float* vector = vectors + (first * dimension);
            int more = Math.Min(Tile, nearest.Length - first) - 1;
            new Span<float>(lowest, Tile * Width).Fill(float.PositiveInfinity);
            new Span<float>(panelOf, Tile * Width).Clear();
            for (int row = 0; row < rows; row += Part<S, V>())
            {
                Sums<V> sums = Products<S, V>(Lanes(panels, dimension, row), dimension, vector, more);
                int lane = row % Width;
                V panel = S.Broadcast(BitConverter.Int32BitsToSingle(row - lane));
                Lower<S, V>(sums.A0, sums.A1, bias + row, panel, lowest + lane, panelOf + lane);
                Lower<S, V>(sums.B0, sums.B1, bias + row, panel, lowest + Width + lane, panelOf + Width + lane);
                Lower<S, V>(sums.C0, sums.C1, bias + row, panel, lowest + (2 * Width) + lane, panelOf + (2 * Width) + lane);
                Lower<S, V>(sums.D0, sums.D1, bias + row, panel, lowest + (3 * Width) + lane, panelOf + (3 * Width) + lane);
            }

            for (int i = 0; i <= more; i++)
            {
                (nearest[first + i], costs[first + i]) = Lowest(lowest + (i * Width), (int*)panelOf + (i * Width));
            }
        }
    }

    /// <summary>Rows that a pass multiplies with: two vectors' worth, or one that is a panel wide.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Part<S, V>()
        where S : struct, ISimd<V>
        where V : struct => Math.Min(2 * S.Width, Width);

    /// <summary>Where the rows from a certain one on begin in their panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* Lanes(float* panels, int dimension, int row) =>
        panels + ((long)(row / Width * Width) * dimension) + (row % Width);

    /// <summary>One to four vectors times a part of a panel; where there are fewer, the last one is repeated.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Sums<V> Products<S, V>(float* rows, int dimension, float* first, int more)
        where S : struct, ISimd<V>
        where V : struct
    {
        float* second = first + (Math.Min(more, 1) * dimension);
        float* third = first + (Math.Min(more, 2) * dimension);
        float* fourth = first + (Math.Min(more, 3) * dimension);
        V a0 = S.Zero, a1 = S.Zero, b0 = S.Zero, b1 = S.Zero, c0 = S.Zero, c1 = S.Zero, d0 = S.Zero, d1 = S.Zero;
        for (int i = 0; i < dimension; i++, rows += Width)
        {
            V w0 = S.Load(rows);
            V w1 = S.Width < Width ? S.Load(rows + S.Width) : w0;
            Add<S, V>(first[i], w0, w1, ref a0, ref a1);
            Add<S, V>(second[i], w0, w1, ref b0, ref b1);
            Add<S, V>(third[i], w0, w1, ref c0, ref c1);
            Add<S, V>(fourth[i], w0, w1, ref d0, ref d1);
        }

        return new Sums<V> { A0 = a0, A1 = a1, B0 = b0, B1 = b1, C0 = c0, C1 = c1, D0 = d0, D1 = d1 };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<S, V>(float element, V w0, V w1, ref V sum0, ref V sum1)
        where S : struct, ISimd<V>
        where V : struct
    {
        V x = S.Broadcast(element);
        sum0 = S.MultiplyAdd(x, w0, sum0);
        if (S.Width < Width)
        {
            sum1 = S.MultiplyAdd(x, w1, sum1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<S, V>(V sum0, V sum1, float* target)
        where S : struct, ISimd<V>
        where V : struct
    {
        S.Store(sum0, target);
        if (S.Width < Width)
        {
            S.Store(sum1, target + S.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lower<S, V>(V sum0, V sum1, float* bias, V panel, float* lowest, float* panelOf)
        where S : struct, ISimd<V>
        where V : struct
    {
        Lower<S, V>(S.Subtract(S.Load(bias), sum0), panel, lowest, panelOf);
        if (S.Width < Width)
        {
            Lower<S, V>(S.Subtract(S.Load(bias + S.Width), sum1), panel, lowest + S.Width, panelOf + S.Width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Lower<S, V>(V cost, V panel, float* lowest, float* panelOf)
        where S : struct, ISimd<V>
        where V : struct
    {
        V before = S.Load(lowest);
        S.Store(S.WhereLess(cost, before, panel, S.Load(panelOf)), panelOf);
        S.Store(S.WhereLess(cost, before, cost, before), lowest);
    }

    /// <summary>The lowest row of the smallest cost.</summary>
    private static (ushort Row, float Cost) Lowest(float* costs, int* panels)
    {
        float cost = float.PositiveInfinity;
        int row = 0;
        for (int lane = 0; lane < Width; lane++)
        {
            int candidate = panels[lane] + lane;
            if (costs[lane] < cost || (costs[lane] == cost && candidate < row))
            {
                cost = costs[lane];
                row = candidate;
            }
        }

        return ((ushort)row, cost);
    }

    /// <summary>What four vectors, a to d, give: two vectors each, the second of no use where one is a panel wide.</summary>
    private ref struct Sums<V>
        where V : struct
    {
        public V A0, A1, B0, B1, C0, C1, D0, D1;
    }
}
