using System.Buffers.Binary;
using Winnow.Formats;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Models.Weights;

/// <summary>A matrix inside a tensor: which of its elements are meant, in which order.</summary>
/// <param name="Tensor">The tensor.</param>
/// <param name="First">The first element.</param>
/// <param name="Rows">Rows, outputs of a projection.</param>
/// <param name="Columns">Elements of a row.</param>
internal sealed record TensorView(TensorEntry Tensor, long First, int Rows, int Columns)
{
    /// <summary>Elements from a row to the next.</summary>
    public long RowStride { get; init; } = Columns;

    /// <summary>Elements from a column to the next; 1 unless the matrix is transposed.</summary>
    public long ColumnStride { get; init; } = 1;

    /// <summary>Where each row is, counted in rows; null where they follow each other.</summary>
    public int[]? RowOrder { get; init; }

    /// <summary>Whether the matrix can be used where it is.</summary>
    public bool IsInPlace => RowOrder is null && RowStride == Columns && ColumnStride == 1;

    /// <summary>The element that a row begins with.</summary>
    public long StartOf(int row) => First + ((RowOrder?[row] ?? row) * RowStride);

    /// <summary>The same matrix with some of its rows, in this order.</summary>
    public TensorView Take(ReadOnlySpan<int> rows)
    {
        int[] order = new int[rows.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = RowOrder?[rows[i]] ?? rows[i];
        }

        return this with { Rows = order.Length, RowOrder = order };
    }

    /// <summary>Some neighbouring rows.</summary>
    public TensorView Slice(int first, int rows) => RowOrder is null
        ? this with { First = First + (first * RowStride), Rows = rows }
        : this with { Rows = rows, RowOrder = RowOrder[first..(first + rows)] };

    /// <summary>Decodes elements, row by row.</summary>
    /// <param name="first">The first of them.</param>
    /// <param name="values">Receives them.</param>
    public void Read(long first, Span<float> values)
    {
        if (IsInPlace)
        {
            Decode(First + first, values);
            return;
        }

        while (!values.IsEmpty)
        {
            int column = (int)(first % Columns);
            int count = Math.Min(values.Length, Columns - column);
            long start = StartOf((int)(first / Columns)) + (column * ColumnStride);
            if (ColumnStride == 1)
            {
                Decode(start, values[..count]);
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    Decode(start + (i * ColumnStride), values.Slice(i, 1));
                }
            }

            first += count;
            values = values[count..];
        }
    }

    private void Decode(long first, Span<float> values)
    {
        TensorType type = Tensor.Type;
        if (type.BlockLength() > 1 && (first % type.BlockLength() != 0 || values.Length % type.BlockLength() != 0))
        {
            // Only matrices that are transposed, or are compared element by element, come here.
            int block = type.BlockLength();
            Span<float> decoded = new float[block];
            for (int i = 0; i < values.Length; i++)
            {
                long element = first + i;
                BlockCodec.Decode(type, Tensor.Bytes(type.SizeBytes(element / block * block), (int)type.SizeBytes(block)), decoded);
                values[i] = decoded[(int)(element % block)];
            }

            return;
        }

        if (type == TensorType.F32 && values.Length == 1)
        {
            values[0] = BinaryPrimitives.ReadSingleLittleEndian(Tensor.Bytes(first * sizeof(float), sizeof(float)));
            return;
        }

        BlockCodec.Decode(type, Tensor.Bytes(type.SizeBytes(first), (int)type.SizeBytes(values.Length)), values);
    }
}
