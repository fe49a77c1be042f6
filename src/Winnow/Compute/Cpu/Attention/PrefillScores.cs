using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>The scores of six query rows over a tile of cache rows, −∞ where a query does not see a row.</summary>
internal static unsafe class PrefillScores
{
    /// <summary>Computes the tile.</summary>
    /// <param name="input">The call.</param>
    /// <param name="group">Whose rows are visited.</param>
    /// <param name="first">The number of the tile's first row.</param>
    /// <param name="count">Rows of the tile.</param>
    /// <param name="keys">[HeadDimension, <see cref="AttentionInput.TileRows"/>].</param>
    /// <param name="queries">[6, stride], scaled.</param>
    /// <param name="queryStride">Elements from one query row to the next.</param>
    /// <param name="positions">[6], ascending.</param>
    /// <param name="scores">[6, <see cref="AttentionInput.TileRows"/>].</param>
    /// <returns>How many leading rows of the tile any of the queries may see; 0 where none does, and no score is computed.</returns>
    public static int Compute<S, V>(
        ref readonly AttentionInput input,
        ref readonly HeadGroup group,
        int first,
        int count,
        float* keys,
        float* queries,
        int queryStride,
        int* positions,
        float* scores)
        where S : struct, ISimd<V>
        where V : struct
    {
        int firstRow = group.Row(first);
        int lastRow = group.Row(first + count - 1);
        if (firstRow > positions[5] || (input.Window > 0 && lastRow <= positions[0] - input.Window))
        {
            return 0;
        }

        SixRowProduct<S, V>.Multiply(
            queries, queryStride, input.HeadDimension, keys, AttentionInput.TileRows, AttentionInput.TileRows, scores, AttentionInput.TileRows, null);
        if (input.SoftCap > 0)
        {
            OnlineSoftmax.SoftCap<S, V>(scores, 6 * AttentionInput.TileRows, input.SoftCap);
        }

        bool isWhole = count == AttentionInput.TileRows && lastRow <= positions[0];
        if (isWhole && (input.Window <= 0 || firstRow > positions[5] - input.Window))
        {
            return count;
        }

        int visible = 0;
        for (int row = 0; row < 6; row++, scores += AttentionInput.TileRows)
        {
            visible = group.CountUpTo(positions[row], first, first + count);
            new Span<float>(scores + visible, AttentionInput.TileRows - visible).Fill(float.NegativeInfinity);
            if (input.Window > 0)
            {
                new Span<float>(scores, group.CountUpTo(positions[row] - input.Window, first, first + count)).Fill(float.NegativeInfinity);
            }
        }

        return visible;
    }
}
