using System.Numerics.Tensors;
using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Models.Weights;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Conversion;

/// <summary>A tensor of the file to write, and where its values come from.</summary>
internal sealed class ConvertedTensor
{
    private readonly string _path;
    private readonly TensorView[] _sources;
    private readonly float[]? _values;

    /// <param name="path">The folder that errors name.</param>
    /// <param name="name">The name to write.</param>
    /// <param name="sources">One matrix, or those of all experts or heads.</param>
    /// <param name="isStack">Whether the tensor has three dimensions.</param>
    /// <param name="shape">The shape to write; null for that of the source.</param>
    public ConvertedTensor(string path, string name, TensorView[] sources, bool isStack, long[]? shape = null)
    {
        _path = path;
        _sources = sources;
        SourceType = sources[0].Tensor.Type;
        IReadOnlyList<long> source = sources[0].Rows == 1 ? [sources[0].Columns] : [sources[0].Rows, sources[0].Columns];
        Description = new TensorDescription(name, TensorType.F32, isStack ? [sources.Length, .. source] : shape ?? source);
    }

    /// <param name="name">The name to write.</param>
    /// <param name="values">The elements.</param>
    /// <param name="rows">How many rows they make; 1 for a vector.</param>
    public ConvertedTensor(string name, float[] values, int rows = 1)
    {
        _path = "";
        _sources = [];
        _values = values;
        SourceType = TensorType.F32;
        Description = new TensorDescription(name, TensorType.F32, rows == 1 ? [values.Length] : [rows, values.Length / rows]);
    }

    /// <summary>What rows are multiplied with: one factor, or one for each row of the target; null for nothing.</summary>
    public float[]? RowScales { get; init; }

    /// <summary>The columns of the source in the order of the target; null where it is the same.</summary>
    public int[]? ColumnOrder { get; init; }

    /// <summary>Whether a value x becomes −eˣ.</summary>
    public bool NegatesExponential { get; init; }

    /// <summary>Name and shape; the type is F32, which vectors keep.</summary>
    public TensorDescription Description { get; }

    /// <summary>How the source stores the values.</summary>
    public TensorType SourceType { get; }

    /// <summary>What yields the values, checked against what the target can hold.</summary>
    public EncodedModelWriter.Producer ProducerFor(TensorType target)
    {
        bool isLimited = target is not (TensorType.F32 or TensorType.BF16);
        return (first, values) =>
        {
            Produce(first, values);
            Scale(first, values);
            if (isLimited && !(TensorPrimitives.MaxMagnitude<float>(values) <= BlockCodec.LargestHalf))
            {
                throw new ModelFormatException(
                    _path,
                    $"tensor '{Description.Name}' has values that {target} cannot hold (magnitudes below 65520 can); convert to BF16 or F32");
            }
        };
    }

    private void Scale(long first, Span<float> values)
    {
        if (NegatesExponential)
        {
            TensorPrimitives.Exp(values, values);
            TensorPrimitives.Negate(values, values);
        }

        if (RowScales is { } scales)
        {
            long columns = Description.Shape[^1];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] *= scales[scales.Length == 1 ? 0 : (first + i) / columns];
            }
        }
    }

    private void Produce(long first, Span<float> values)
    {
        if (_values is not null)
        {
            _values.AsSpan((int)first, values.Length).CopyTo(values);
            return;
        }

        if (ColumnOrder is not null)
        {
            ProduceColumns(ColumnOrder, first, values);
            return;
        }

        long stretch = (long)_sources[0].Rows * _sources[0].Columns;
        while (!values.IsEmpty)
        {
            int count = (int)Math.Min(values.Length, stretch - (first % stretch));
            _sources[first / stretch].Read(first % stretch, values[..count]);
            first += count;
            values = values[count..];
        }
    }

    /// <summary>Row by row, through a copy.</summary>
    private void ProduceColumns(int[] order, long first, Span<float> values)
    {
        float[] row = new float[order.Length];
        while (!values.IsEmpty)
        {
            int offset = (int)(first % order.Length);
            int count = Math.Min(values.Length, order.Length - offset);
            _sources[0].Read(first - offset, row);
            for (int i = 0; i < count; i++)
            {
                values[i] = row[order[offset + i]];
            }

            first += count;
            values = values[count..];
        }
    }
}
