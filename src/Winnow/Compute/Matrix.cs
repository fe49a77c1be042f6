namespace Winnow.Compute;

/// <summary>A view of f32 values in a device buffer: activations, logits, norm weights, biases. It owns nothing.</summary>
/// <param name="Buffer">The memory.</param>
/// <param name="Offset">Where row 0 begins, in elements.</param>
/// <param name="Rows">Rows: tokens, or 1 for a vector.</param>
/// <param name="Columns">Elements of a row.</param>
/// <param name="Stride">Elements from one row to the next; larger than <paramref name="Columns"/> for a view of some columns.</param>
internal readonly record struct Matrix(DeviceBuffer Buffer, long Offset, int Rows, int Columns, int Stride)
{
    /// <summary>Rows [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The rows do not lie inside the matrix.</exception>
    public Matrix RowSlice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Rows - first);
        return this with { Offset = Offset + ((long)first * Stride), Rows = count };
    }

    /// <summary>Columns [<paramref name="first"/>, <paramref name="first"/> + <paramref name="count"/>).</summary>
    /// <exception cref="ArgumentOutOfRangeException">The columns do not lie inside the matrix.</exception>
    public Matrix ColumnSlice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Columns - first);
        return this with { Offset = Offset + first, Columns = count };
    }

    /// <summary>The same values as [rows · heads, <paramref name="headDimension"/>].</summary>
    /// <exception cref="ArgumentException">Rows have gaps, or do not divide evenly.</exception>
    public Matrix ByHead(int headDimension) => Stride == Columns && Columns % headDimension == 0
        ? new Matrix(Buffer, Offset, Rows * (Columns / headDimension), headDimension, headDimension)
        : throw new ArgumentException($"[{Rows}, {Columns}] with a stride of {Stride} are no heads of {headDimension} without gaps");
}
