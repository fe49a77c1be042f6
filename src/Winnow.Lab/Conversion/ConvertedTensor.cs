using System.Numerics.Tensors;
using Winnow.Formats;
using Winnow.Lab.Quantization;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Conversion;

/// <summary>A tensor of the file to write, and where its values come from.</summary>
internal sealed class ConvertedTensor
{
    private readonly string _path;
    private readonly TensorEntry[] _sources;
    private readonly int[]? _rowOrder;
    private readonly float _offset;
    private readonly float[]? _values;
    private readonly bool _negatesExponential;
    private readonly int[]? _columnOrder;

    /// <param name="path">The folder that errors name.</param>
    /// <param name="name">The name to write.</param>
    /// <param name="sources">One tensor, or one for each expert.</param>
    /// <param name="rowOrder">The rows of the source in the order of the target; null where it is the same.</param>
    /// <param name="offset">What is added to each value.</param>
    /// <param name="isVector">Whether the tensor is one row, which some files keep as a matrix.</param>
    /// <param name="shape">The shape to write; null for that of the source.</param>
    /// <param name="negatesExponential">Whether a value x becomes −eˣ.</param>
    /// <param name="columnOrder">The columns of the source in the order of the target; null where it is the same. Its rows stay.</param>
    public ConvertedTensor(
        string path,
        string name,
        TensorEntry[] sources,
        int[]? rowOrder,
        float offset,
        bool isVector,
        long[]? shape = null,
        bool negatesExponential = false,
        int[]? columnOrder = null)
    {
        _columnOrder = columnOrder;
        _negatesExponential = negatesExponential;
        _path = path;
        _sources = sources;
        _rowOrder = rowOrder;
        _offset = offset;
        SourceType = sources[0].Type;
        IReadOnlyList<long> source = isVector ? [sources[0].ElementCount] : sources[0].Shape;
        Description = new TensorDescription(name, TensorType.F32, shape ?? (sources.Length > 1 ? [sources.Length, .. source] : source));
    }

    /// <param name="name">The name to write.</param>
    /// <param name="values">The elements of a vector that no source has.</param>
    public ConvertedTensor(string name, float[] values)
    {
        _path = "";
        _sources = [];
        _values = values;
        SourceType = TensorType.F32;
        Description = new TensorDescription(name, TensorType.F32, [values.Length]);
    }

    /// <summary>What rows are multiplied with: one factor, or one for each row of the target; null for nothing.</summary>
    public float[]? RowScales { get; init; }

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

        if (_columnOrder is not null)
        {
            ProduceColumns(first, values);
            return;
        }

        // The longest stretches that are contiguous in a source: whole tensors, or rows where these are reordered.
        long stretch = _rowOrder is null ? _sources[0].ElementCount : _sources[0].ElementCount / _sources[0].Shape[0];
        while (!values.IsEmpty)
        {
            long index = first / stretch;
            long offset = first % stretch;
            int count = (int)Math.Min(values.Length, stretch - offset);
            (TensorEntry source, long start) = _rowOrder is null
                ? (_sources[index], offset)
                : (_sources[0], (_rowOrder[index] * stretch) + offset);
            BlockCodec.Decode(source.Type, source.Bytes(source.Type.SizeBytes(start), (int)source.Type.SizeBytes(count)), values[..count]);
            if (_offset != 0)
            {
                TensorPrimitives.Add(values[..count], _offset, values[..count]);
            }

            if (_negatesExponential)
            {
                TensorPrimitives.Exp(values[..count], values[..count]);
                TensorPrimitives.Negate(values[..count], values[..count]);
            }

            first += count;
            values = values[count..];
        }
    }

    /// <summary>Row by row, through a copy.</summary>
    private void ProduceColumns(long first, Span<float> values)
    {
        int[] order = _columnOrder!;
        float[] row = new float[order.Length];
        TensorEntry source = _sources[0];
        while (!values.IsEmpty)
        {
            long start = first / order.Length * order.Length;
            int offset = (int)(first - start);
            int count = Math.Min(values.Length, order.Length - offset);
            BlockCodec.Decode(source.Type, source.Bytes(source.Type.SizeBytes(start), (int)source.Type.SizeBytes(order.Length)), row);
            for (int i = 0; i < count; i++)
            {
                values[i] = row[order[offset + i]];
            }

            first += count;
            values = values[count..];
        }
    }
}
