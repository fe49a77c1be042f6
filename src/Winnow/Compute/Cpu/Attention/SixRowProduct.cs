using System.Runtime.CompilerServices;
using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>Six query rows times a tile, in registers: both products of prefill attention.</summary>
/// <remarks>
/// With 32 registers, 6 rows by 4 vectors: 24 sums, 4 vectors of the tile and a broadcast, ten loads for 24 multiply-adds.
/// With 16, 6 rows by 2 vectors. A result depends on its row and column alone, wherever they stand.
/// </remarks>
internal static unsafe class SixRowProduct<S, V>
    where S : struct, ISimd<V>
    where V : struct
{
    /// <summary>Rows of a product.</summary>
    public const int Rows = 6;

    /// <summary>c = corrections · c + a · b.</summary>
    /// <param name="a">[6, depth].</param>
    /// <param name="aStride">Elements from one row of a to the next.</param>
    /// <param name="depth">What is summed over.</param>
    /// <param name="b">[depth, columns].</param>
    /// <param name="bStride">Elements from one row of b to the next.</param>
    /// <param name="columns">Whole vectors.</param>
    /// <param name="c">[6, columns].</param>
    /// <param name="cStride">Elements from one row of c to the next.</param>
    /// <param name="corrections">[6], or null for c = a · b.</param>
    public static void Multiply(float* a, int aStride, int depth, float* b, int bStride, int columns, float* c, int cStride, float* corrections)
    {
        int column = 0;
        if (S.HasManyRegisters)
        {
            for (; column <= columns - (4 * S.Width); column += 4 * S.Width)
            {
                Block<ConstantFour>(a, aStride, depth, b + column, bStride, c + column, cStride, corrections);
            }
        }

        for (; column <= columns - (2 * S.Width); column += 2 * S.Width)
        {
            Block<ConstantTwo>(a, aStride, depth, b + column, bStride, c + column, cStride, corrections);
        }

        if (column < columns)
        {
            Block<ConstantOne>(a, aStride, depth, b + column, bStride, c + column, cStride, corrections);
        }
    }

    private static void Block<N>(float* a0, nint aStride, nint depth, float* b, nint bStride, float* c, nint cStride, float* corrections)
        where N : struct, IConstant
    {
        V c00 = S.Zero, c01 = S.Zero, c02 = S.Zero, c03 = S.Zero;
        V c10 = S.Zero, c11 = S.Zero, c12 = S.Zero, c13 = S.Zero;
        V c20 = S.Zero, c21 = S.Zero, c22 = S.Zero, c23 = S.Zero;
        V c30 = S.Zero, c31 = S.Zero, c32 = S.Zero, c33 = S.Zero;
        V c40 = S.Zero, c41 = S.Zero, c42 = S.Zero, c43 = S.Zero;
        V c50 = S.Zero, c51 = S.Zero, c52 = S.Zero, c53 = S.Zero;
        if (corrections is not null)
        {
            Start<N>(c, corrections[0], ref c00, ref c01, ref c02, ref c03);
            Start<N>(c + cStride, corrections[1], ref c10, ref c11, ref c12, ref c13);
            Start<N>(c + (2 * cStride), corrections[2], ref c20, ref c21, ref c22, ref c23);
            Start<N>(c + (3 * cStride), corrections[3], ref c30, ref c31, ref c32, ref c33);
            Start<N>(c + (4 * cStride), corrections[4], ref c40, ref c41, ref c42, ref c43);
            Start<N>(c + (5 * cStride), corrections[5], ref c50, ref c51, ref c52, ref c53);
        }

        float* a1 = a0 + aStride;
        float* a2 = a1 + aStride;
        float* a3 = a2 + aStride;
        float* a4 = a3 + aStride;
        float* a5 = a4 + aStride;
        for (nint k = 0; k < depth; k++, b += bStride)
        {
            V b0 = S.Load(b);
            V b1 = N.Value > 1 ? S.Load(b + S.Width) : b0;
            V b2 = N.Value > 2 ? S.Load(b + (2 * S.Width)) : b0;
            V b3 = N.Value > 2 ? S.Load(b + (3 * S.Width)) : b0;
            Step<N>(a0[k], b0, b1, b2, b3, ref c00, ref c01, ref c02, ref c03);
            Step<N>(a1[k], b0, b1, b2, b3, ref c10, ref c11, ref c12, ref c13);
            Step<N>(a2[k], b0, b1, b2, b3, ref c20, ref c21, ref c22, ref c23);
            Step<N>(a3[k], b0, b1, b2, b3, ref c30, ref c31, ref c32, ref c33);
            Step<N>(a4[k], b0, b1, b2, b3, ref c40, ref c41, ref c42, ref c43);
            Step<N>(a5[k], b0, b1, b2, b3, ref c50, ref c51, ref c52, ref c53);
        }

        Store<N>(c, c00, c01, c02, c03);
        Store<N>(c + cStride, c10, c11, c12, c13);
        Store<N>(c + (2 * cStride), c20, c21, c22, c23);
        Store<N>(c + (3 * cStride), c30, c31, c32, c33);
        Store<N>(c + (4 * cStride), c40, c41, c42, c43);
        Store<N>(c + (5 * cStride), c50, c51, c52, c53);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Start<N>(float* c, float correction, ref V c0, ref V c1, ref V c2, ref V c3)
        where N : struct, IConstant
    {
        V factor = S.Broadcast(correction);
        c0 = S.Multiply(S.Load(c), factor);
        if (N.Value > 1)
        {
            c1 = S.Multiply(S.Load(c + S.Width), factor);
        }

        if (N.Value > 2)
        {
            c2 = S.Multiply(S.Load(c + (2 * S.Width)), factor);
            c3 = S.Multiply(S.Load(c + (3 * S.Width)), factor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<N>(float a, V b0, V b1, V b2, V b3, ref V c0, ref V c1, ref V c2, ref V c3)
        where N : struct, IConstant
    {
        V x = S.Broadcast(a);
        c0 = S.MultiplyAdd(x, b0, c0);
        if (N.Value > 1)
        {
            c1 = S.MultiplyAdd(x, b1, c1);
        }

        if (N.Value > 2)
        {
            c2 = S.MultiplyAdd(x, b2, c2);
            c3 = S.MultiplyAdd(x, b3, c3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<N>(float* c, V c0, V c1, V c2, V c3)
        where N : struct, IConstant
    {
        S.Store(c0, c);
        if (N.Value > 1)
        {
            S.Store(c1, c + S.Width);
        }

        if (N.Value > 2)
        {
            S.Store(c2, c + (2 * S.Width));
            S.Store(c3, c + (3 * S.Width));
        }
    }
}
