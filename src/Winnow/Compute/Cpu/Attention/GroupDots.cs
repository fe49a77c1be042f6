using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>The two passes of decode attention over a tile of cache rows: every row is loaded and converted once for up to four query heads.</summary>
/// <remarks>
/// Rows come as a list of addresses, contiguous or gathered. The arithmetic of a row and head depends on nothing else: not on its
/// place in the tile, nor on the heads beside it. That is what makes a plan that names every row equal to the dense scan, bit for bit.
/// </remarks>
/// <typeparam name="S">The instruction set.</typeparam>
/// <typeparam name="V">Its vectors.</typeparam>
/// <typeparam name="E">The type of the rows.</typeparam>
internal static unsafe class GroupDots<S, V, E>
    where S : struct, ISimd<V>
    where V : struct
    where E : struct, IKvElements
{
    /// <summary>scores[h, r] = Σ queries[h, i] · rows[r][i].</summary>
    /// <param name="rows">Addresses of key rows, a whole tile of them.</param>
    /// <param name="ahead">What to prefetch meanwhile.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="queries">[heads, dimension].</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="dimension">Elements of a row, in whole vectors.</param>
    /// <param name="scores">[heads, <see cref="AttentionInput.TileRows"/>].</param>
    public static void Scores(byte** rows, UpcomingRows ahead, int count, float* queries, int heads, int dimension, float* scores)
    {
        int head = 0;
        if (S.HasManyRegisters)
        {
            for (; head <= heads - 4; head += 4)
            {
                Scores<ConstantFour>(
                    rows, head == 0 ? ahead : default, count, queries + (head * dimension), dimension, scores + (head * AttentionInput.TileRows));
            }
        }

        for (; head <= heads - 2; head += 2)
        {
            Scores<ConstantTwo>(
                rows, head == 0 ? ahead : default, count, queries + (head * dimension), dimension, scores + (head * AttentionInput.TileRows));
        }

        if (head < heads)
        {
            Scores<ConstantOne>(
                rows, head == 0 ? ahead : default, count, queries + (head * dimension), dimension, scores + (head * AttentionInput.TileRows));
        }
    }

    /// <summary>sums[h] = corrections[h] · sums[h] + Σ probabilities[h, r] · rows[r].</summary>
    /// <param name="rows">Rows; the values lie <paramref name="offset"/> bytes behind their addresses.</param>
    /// <param name="offset">Bytes from an address to the values.</param>
    /// <param name="ahead">What to prefetch meanwhile.</param>
    /// <param name="count">How many rows.</param>
    /// <param name="probabilities">[heads, <see cref="AttentionInput.TileRows"/>].</param>
    /// <param name="corrections">[heads].</param>
    /// <param name="heads">Query heads.</param>
    /// <param name="dimension">Elements of a row, in whole vectors.</param>
    /// <param name="sums">[heads, dimension].</param>
    public static void Accumulate(
        byte** rows,
        int offset,
        UpcomingRows ahead,
        int count,
        float* probabilities,
        float* corrections,
        int heads,
        int dimension,
        float* sums)
    {
        int head = 0;
        if (S.HasManyRegisters)
        {
            for (; head <= heads - 4; head += 4)
            {
                Accumulate<ConstantFour>(
                    rows, offset, head == 0 ? ahead : default, count, probabilities + (head * AttentionInput.TileRows), corrections + head, dimension, sums + (head * dimension));
            }
        }

        for (; head <= heads - 2; head += 2)
        {
            Accumulate<ConstantTwo>(
                rows, offset, head == 0 ? ahead : default, count, probabilities + (head * AttentionInput.TileRows), corrections + head, dimension, sums + (head * dimension));
        }

        if (head < heads)
        {
            Accumulate<ConstantOne>(
                rows, offset, head == 0 ? ahead : default, count, probabilities + (head * AttentionInput.TileRows), corrections + head, dimension, sums + (head * dimension));
        }
    }

    /// <summary>Four rows by N heads at a time, the sums in registers.</summary>
    private static void Scores<N>(byte** rows, UpcomingRows ahead, int count, float* queries, int dimension, float* scores)
        where N : struct, IConstant
    {
        for (int r = 0; r < count; r += 4)
        {
            byte* row0 = rows[r];
            byte* row1 = rows[r + 1];
            byte* row2 = rows[r + 2];
            byte* row3 = rows[r + 3];
            ahead.Prefetch<S, V>(r / 2);
            ahead.Prefetch<S, V>((r / 2) + 1);
            V a0 = S.Zero, a1 = S.Zero, a2 = S.Zero, a3 = S.Zero;
            V b0 = S.Zero, b1 = S.Zero, b2 = S.Zero, b3 = S.Zero;
            V c0 = S.Zero, c1 = S.Zero, c2 = S.Zero, c3 = S.Zero;
            V d0 = S.Zero, d1 = S.Zero, d2 = S.Zero, d3 = S.Zero;
            for (nint i = 0; i < dimension; i += S.Width)
            {
                float* query = queries + i;
                V q0 = S.Load(query);
                V q1 = N.Value > 1 ? S.Load(query + dimension) : q0;
                V q2 = N.Value > 2 ? S.Load(query + (2 * dimension)) : q0;
                V q3 = N.Value > 2 ? S.Load(query + (3 * dimension)) : q0;

                V key = E.Load<S, V>(row0, i);
                a0 = S.MultiplyAdd(q0, key, a0);
                if (N.Value > 1)
                {
                    b0 = S.MultiplyAdd(q1, key, b0);
                }

                if (N.Value > 2)
                {
                    c0 = S.MultiplyAdd(q2, key, c0);
                    d0 = S.MultiplyAdd(q3, key, d0);
                }

                key = E.Load<S, V>(row1, i);
                a1 = S.MultiplyAdd(q0, key, a1);
                if (N.Value > 1)
                {
                    b1 = S.MultiplyAdd(q1, key, b1);
                }

                if (N.Value > 2)
                {
                    c1 = S.MultiplyAdd(q2, key, c1);
                    d1 = S.MultiplyAdd(q3, key, d1);
                }

                key = E.Load<S, V>(row2, i);
                a2 = S.MultiplyAdd(q0, key, a2);
                if (N.Value > 1)
                {
                    b2 = S.MultiplyAdd(q1, key, b2);
                }

                if (N.Value > 2)
                {
                    c2 = S.MultiplyAdd(q2, key, c2);
                    d2 = S.MultiplyAdd(q3, key, d2);
                }

                key = E.Load<S, V>(row3, i);
                a3 = S.MultiplyAdd(q0, key, a3);
                if (N.Value > 1)
                {
                    b3 = S.MultiplyAdd(q1, key, b3);
                }

                if (N.Value > 2)
                {
                    c3 = S.MultiplyAdd(q2, key, c3);
                    d3 = S.MultiplyAdd(q3, key, d3);
                }
            }

            float* target = scores + r;
            S.Sums(a0, a1, a2, a3).Store(target);
            if (N.Value > 1)
            {
                S.Sums(b0, b1, b2, b3).Store(target + AttentionInput.TileRows);
            }

            if (N.Value > 2)
            {
                S.Sums(c0, c1, c2, c3).Store(target + (2 * AttentionInput.TileRows));
                S.Sums(d0, d1, d2, d3).Store(target + (3 * AttentionInput.TileRows));
            }
        }
    }

    private static void Accumulate<N>(
        byte** rows,
        int offset,
        UpcomingRows ahead,
        int count,
        float* probabilities,
        float* corrections,
        int dimension,
        float* sums)
        where N : struct, IConstant
    {
        int i = 0;
        for (; i <= dimension - (4 * S.Width); i += 4 * S.Width)
        {
            Accumulate<N, ConstantFour>(
                rows, offset, i == 0 ? ahead : default, count, probabilities, corrections, dimension, i, sums + i);
        }

        for (; i < dimension; i += S.Width)
        {
            Accumulate<N, ConstantOne>(
                rows, offset, i == 0 ? ahead : default, count, probabilities, corrections, dimension, i, sums + i);
        }
    }

    /// <summary>N heads by M vectors, the sums in registers.</summary>
    private static void Accumulate<N, M>(
        byte** rows,
        int offset,
        UpcomingRows ahead,
        int count,
        float* probabilities,
        float* corrections,
        int dimension,
        nint element,
        float* sums)
        where N : struct, IConstant
        where M : struct, IConstant
    {
        V correction = S.Broadcast(corrections[0]);
        V a0 = S.Multiply(S.Load(sums), correction);
        V a1 = M.Value > 1 ? S.Multiply(S.Load(sums + S.Width), correction) : a0;
        V a2 = M.Value > 1 ? S.Multiply(S.Load(sums + (2 * S.Width)), correction) : a0;
        V a3 = M.Value > 1 ? S.Multiply(S.Load(sums + (3 * S.Width)), correction) : a0;
        V b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        V c0 = a0, c1 = a0, c2 = a0, c3 = a0;
        V d0 = a0, d1 = a0, d2 = a0, d3 = a0;
        if (N.Value > 1)
        {
            Start<M>(sums + dimension, corrections[1], out b0, out b1, out b2, out b3);
        }

        if (N.Value > 2)
        {
            Start<M>(sums + (2 * dimension), corrections[2], out c0, out c1, out c2, out c3);
            Start<M>(sums + (3 * dimension), corrections[3], out d0, out d1, out d2, out d3);
        }

        for (nint r = 0; r < count; r++)
        {
            if (r % 2 == 0)
            {
                ahead.Prefetch<S, V>((int)r / 2);
            }

            byte* row = rows[r] + offset;
            float* probability = probabilities + r;
            V p0 = S.Broadcast(probability[0]);
            V p1 = N.Value > 1 ? S.Broadcast(probability[AttentionInput.TileRows]) : p0;
            V p2 = N.Value > 2 ? S.Broadcast(probability[2 * AttentionInput.TileRows]) : p0;
            V p3 = N.Value > 2 ? S.Broadcast(probability[3 * AttentionInput.TileRows]) : p0;

            V value = E.Load<S, V>(row, element);
            a0 = S.MultiplyAdd(p0, value, a0);
            if (N.Value > 1)
            {
                b0 = S.MultiplyAdd(p1, value, b0);
            }

            if (N.Value > 2)
            {
                c0 = S.MultiplyAdd(p2, value, c0);
                d0 = S.MultiplyAdd(p3, value, d0);
            }

            if (M.Value > 1)
            {
                value = E.Load<S, V>(row, element + S.Width);
                a1 = S.MultiplyAdd(p0, value, a1);
                if (N.Value > 1)
                {
                    b1 = S.MultiplyAdd(p1, value, b1);
                }

                if (N.Value > 2)
                {
                    c1 = S.MultiplyAdd(p2, value, c1);
                    d1 = S.MultiplyAdd(p3, value, d1);
                }

                value = E.Load<S, V>(row, element + (2 * S.Width));
                a2 = S.MultiplyAdd(p0, value, a2);
                if (N.Value > 1)
                {
                    b2 = S.MultiplyAdd(p1, value, b2);
                }

                if (N.Value > 2)
                {
                    c2 = S.MultiplyAdd(p2, value, c2);
                    d2 = S.MultiplyAdd(p3, value, d2);
                }

                value = E.Load<S, V>(row, element + (3 * S.Width));
                a3 = S.MultiplyAdd(p0, value, a3);
                if (N.Value > 1)
                {
                    b3 = S.MultiplyAdd(p1, value, b3);
                }

                if (N.Value > 2)
                {
                    c3 = S.MultiplyAdd(p2, value, c3);
                    d3 = S.MultiplyAdd(p3, value, d3);
                }
            }
        }

        Store<M>(sums, a0, a1, a2, a3);
        if (N.Value > 1)
        {
            Store<M>(sums + dimension, b0, b1, b2, b3);
        }

        if (N.Value > 2)
        {
            Store<M>(sums + (2 * dimension), c0, c1, c2, c3);
            Store<M>(sums + (3 * dimension), d0, d1, d2, d3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Start<M>(float* sums, float correction, out V x0, out V x1, out V x2, out V x3)
        where M : struct, IConstant
    {
        V factor = S.Broadcast(correction);
        x0 = S.Multiply(S.Load(sums), factor);
        x1 = M.Value > 1 ? S.Multiply(S.Load(sums + S.Width), factor) : x0;
        x2 = M.Value > 1 ? S.Multiply(S.Load(sums + (2 * S.Width)), factor) : x0;
        x3 = M.Value > 1 ? S.Multiply(S.Load(sums + (3 * S.Width)), factor) : x0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<M>(float* sums, V x0, V x1, V x2, V x3)
        where M : struct, IConstant
    {
        S.Store(x0, sums);
        if (M.Value > 1)
        {
            S.Store(x1, sums + S.Width);
            S.Store(x2, sums + (2 * S.Width));
            S.Store(x3, sums + (3 * S.Width));
        }
    }
}
