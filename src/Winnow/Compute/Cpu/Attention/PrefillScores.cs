using Winnow.Compute.Simd;

namespace Winnow.Compute.Cpu.Attention;

/// <summary>The scores of six query rows over a tile of cache rows, −∞ where a query does not see a row.</summary>
internal static unsafe class PrefillScores
{
    /// <summary>Transposes decoded keys for <see cref="Compute"/>.</summary>
    /// <remarks>
    /// Zeros fill their last vector: what was left in the scratch memory may be denormal, and a hundred times as slow to multiply.
    /// </remarks>
    /// <param name="rows">[<see cref="AttentionInput.TileRows"/>, width].</param>
    /// <param name="count">How many of the rows there are.</param>
    /// <param name="width">A multiple of 4.</param>
    /// <param name="keys">[width, <see cref="AttentionInput.TileRows"/>].</param>
    public static void Arrange<S, V>(float* rows, int count, int width, float* keys)
        where S : struct, ISimd<V>
        where V : struct
    {
        int columns = Columns<S, V>(count);
        new Span<float>(rows + (count * width), (columns - count) * width).Clear();
        KvRows.Transpose(rows, columns, width, keys);
    }

    /// <summary>Computes the tile.</summary>
    /// <param name="input">The call.</param>
    /// <param name="group">Whose rows are visited.</param>
    /// <param name="first">The number of the tile's first row.</param>
    /// <param name="count">Rows of the tile.</param>
    /// <param name="keys">Those of <see cref="Arrange"/>.</param>
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
        int firstRow = group.Position(first);
        int lastRow = group.Position(first + count - 1);
        if (firstRow > input.LastVisible(positions[5]) || lastRow < input.FirstVisible(positions[0]))
        {
            return 0;
        }

        SixRowProduct<S, V>.Multiply(
            queries, queryStride, input.KeyDimension, keys, AttentionInput.TileRows, Columns<S, V>(count), scores, AttentionInput.TileRows, null);
        if (input.SoftCap > 0)
        {
            OnlineSoftmax.SoftCap<S, V>(scores, 6 * AttentionInput.TileRows, input.SoftCap);
        }

        bool isWhole = count == AttentionInput.TileRows && lastRow <= input.LastVisible(positions[0]);
        if (isWhole && firstRow >= input.FirstVisible(positions[5]))
        {
            return count;
        }

        int visible = 0;
        for (int row = 0; row < 6; row++, scores += AttentionInput.TileRows)
        {
            visible = group.CountUpTo(input.LastVisible(positions[row]), first, first + count);
            new Span<float>(scores + visible, AttentionInput.TileRows - visible).Fill(float.NegativeInfinity);
            int hidden = group.CountUpTo(input.FirstVisible(positions[row]) - 1, first, first + count);
            new Span<float>(scores, hidden).Fill(float.NegativeInfinity);
        }

        return visible;
    }

    /// <summary>Rows that are multiplied: whole vectors.</summary>
    private static int Columns<S, V>(int count)
        where S : struct, ISimd<V>
        where V : struct => (count + S.Width - 1) / S.Width * S.Width;
}
