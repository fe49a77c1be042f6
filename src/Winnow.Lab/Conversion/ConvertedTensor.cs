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

    /// <param name="path">The folder that errors name.</param>
    /// <param name="name">The name to write.</param>
    /// <param name="sources">One tensor, or one for each expert.</param>
    /// <param name="rowOrder">The rows of the source in the order of the target; null where it is the same.</param>
    /// <param name="offset">What is added to each value.</param>
    /// <param name="isVector">Whether the tensor is one row, which some files keep as a matrix.</param>
    public ConvertedTensor(string path, string name, TensorEntry[] sources, int[]? rowOrder, float offset, bool isVector)
    {
        _path = path;
        _sources = sources;
        _rowOrder = rowOrder;
        _offset = offset;
        SourceType = sources[0].Type;
        IReadOnlyList<long> source = isVector ? [sources[0].ElementCount] : sources[0].Shape;
        IReadOnlyList<long> shape = sources.Length > 1 ? [sources.Length, .. source] : source;
        Description = new TensorDescription(name, TensorType.F32, shape);
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
            if (isLimited && !(TensorPrimitives.MaxMagnitude<float>(values) <= BlockCodec.LargestHalf))
            {
                throw new ModelFormatException(
                    _path,
                    $"tensor '{Description.Name}' has values that {target} cannot hold (magnitudes below 65520 can); convert to BF16 or F32");
            }
        };
    }

    private void Produce(long first, Span<float> values)
    {
        if (_values is not null)
        {
            _values.AsSpan((int)first, values.Length).CopyTo(values);
            return;
        }

        // The longest stretches that are contiguous in a source: whole tensors, or rows where these are reordered.
        long stretch = _rowOrder is null ? _sources[0].ElementCount : _sources[0].ElementCount / _rowOrder.Length;
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

            first += count;
            values = values[count..];
        }
    }
}
