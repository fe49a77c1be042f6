using Winnow.Compute;

namespace Winnow.DeviceTests;

/// <summary>Views of some columns: rows with gaps between them, as operations must take them.</summary>
internal static class MatrixColumns
{
    /// <summary>Columns [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>) of every row.</summary>
    public static Matrix ColumnSlice(this Matrix matrix, int first, int count)
    {
        Assert.InRange(first, 0, matrix.Columns - count);
        return matrix with { Offset = matrix.Offset + first, Columns = count };
    }
}
