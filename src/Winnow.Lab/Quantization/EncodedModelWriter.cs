using System.Buffers;
using System.Runtime.ExceptionServices;
using Winnow.Formats;
using Winnow.Quantization;
using Winnow.Tensors;

namespace Winnow.Lab.Quantization;

/// <summary>Writes a GGUF file whose tensors are produced and encoded piece by piece on several threads.</summary>
internal sealed class EncodedModelWriter : IDisposable
{
    // A whole number of every block; 256 KiB of floats stay in a core's cache between producing and encoding.
    private const int PieceLength = 1 << 16;

    private readonly GgufWriter _writer;
    private readonly IReadOnlyList<TensorDescription> _tensors;
    private readonly IProgress<QuantizationProgress>? _progress;
    private readonly ParallelOptions _parallel;
    private readonly int _piecesPerBatch;
    private readonly byte[] _batch;
    private readonly long _elementsTotal;
    private long _elementsDone;
    private int _tensorIndex;

    /// <summary>Declares all tensors; write them afterwards in the same order.</summary>
    /// <param name="path">The target.</param>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="tensors">The tensors, with the types that they are to have.</param>
    /// <param name="threads">How many threads encode; 0 for one a processor.</param>
    /// <param name="progress">Told after each batch, on the calling thread.</param>
    /// <param name="cancellationToken">Ends the writing; nothing is left behind.</param>
    public EncodedModelWriter(
        string path,
        GgufMetadata metadata,
        IReadOnlyList<TensorDescription> tensors,
        int threads,
        IProgress<QuantizationProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threads);
        _tensors = tensors;
        _progress = progress;
        _elementsTotal = tensors.Sum(tensor => tensor.ElementCount);
        threads = threads == 0 ? Environment.ProcessorCount : threads;
        _parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        _piecesPerBatch = 8 * threads;
        _batch = new byte[_piecesPerBatch * PieceLength * sizeof(float)];
        _writer = new GgufWriter(path, metadata);
        foreach (TensorDescription tensor in tensors)
        {
            _writer.Declare(tensor.Name, tensor.Type, tensor.Shape.ToArray());
        }
    }

    /// <summary>Produces part of a tensor.</summary>
    /// <param name="first">The number of the first element, row-major.</param>
    /// <param name="values">Receives the elements from there on.</param>
    public delegate void Producer(long first, Span<float> values);

    /// <summary>Writes the next tensor from values, and their importances if there are any.</summary>
    public void Write(Producer produce, Producer? weigh = null)
    {
        TensorDescription tensor = _tensors[_tensorIndex];
        long elements = tensor.ElementCount;
        long batchLength = (long)_piecesPerBatch * PieceLength;
        for (long start = 0; start < elements; start += batchLength)
        {
            long length = Math.Min(batchLength, elements - start);
            EncodeBatch(tensor.Type, produce, weigh, start, length);
            _writer.Write(tensor.Name, _batch.AsSpan(0, (int)tensor.Type.SizeBytes(length)));
            Report(length);
        }

        _tensorIndex++;
    }

    /// <summary>Writes the next tensor from the values of its first part, which all parts of its slowest extent share: encoded once.</summary>
    public void WriteRepeated(Producer produce)
    {
        TensorDescription tensor = _tensors[_tensorIndex];
        long elements = tensor.ElementCount / tensor.Shape[0];
        byte[] part = new byte[tensor.Type.SizeBytes(elements)];
        long batchLength = (long)_piecesPerBatch * PieceLength;
        for (long start = 0; start < elements; start += batchLength)
        {
            long length = Math.Min(batchLength, elements - start);
            EncodeBatch(tensor.Type, produce, weigh: null, start, length);
            _batch.AsSpan(0, (int)tensor.Type.SizeBytes(length)).CopyTo(part.AsSpan((int)tensor.Type.SizeBytes(start)));
        }

        for (long i = 0; i < tensor.Shape[0]; i++)
        {
            _parallel.CancellationToken.ThrowIfCancellationRequested();
            _writer.Write(tensor.Name, part);
            Report(elements);
        }

        _tensorIndex++;
    }

    /// <summary>Writes the next tensor with the bytes of another of the same type.</summary>
    public void Copy(TensorEntry source)
    {
        _parallel.CancellationToken.ThrowIfCancellationRequested();
        _writer.Write(source.Name, source);
        Report(source.ElementCount);
        _tensorIndex++;
    }

    /// <summary>Puts the complete file under its name.</summary>
    public void Complete() => _writer.Complete();

    public void Dispose() => _writer.Dispose();

    private void EncodeBatch(TensorType type, Producer produce, Producer? weigh, long start, long length)
    {
        int pieces = (int)((length + PieceLength - 1) / PieceLength);
        int pieceBytes = (int)type.SizeBytes(PieceLength);
        try
        {
            Parallel.For(0, pieces, _parallel, piece =>
            {
                int offset = piece * PieceLength;
                int count = (int)Math.Min(PieceLength, length - offset);
                float[] rented = ArrayPool<float>.Shared.Rent(PieceLength);
                Span<float> values = rented.AsSpan(0, count);
                produce(start + offset, values);
                Span<byte> target = _batch.AsSpan(piece * pieceBytes, (int)type.SizeBytes(count));
                if (weigh is null)
                {
                    BlockCodec.Encode(type, values, target);
                }
                else
                {
                    float[] rentedToo = ArrayPool<float>.Shared.Rent(PieceLength);
                    Span<float> importance = rentedToo.AsSpan(0, count);
                    weigh(start + offset, importance);
                    BlockCodec.Encode(type, values, importance, target);
                    ArrayPool<float>.Shared.Return(rentedToo);
                }

                ArrayPool<float>.Shared.Return(rented);
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is WinnowException first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private void Report(long elements)
    {
        _elementsDone += elements;
        string name = _tensors[_tensorIndex].Name;
        _progress?.Report(new QuantizationProgress(name, _tensorIndex + 1, _tensors.Count, _elementsDone, _elementsTotal));
    }
}
