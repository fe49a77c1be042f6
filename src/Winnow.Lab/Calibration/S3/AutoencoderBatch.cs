using System.Numerics.Tensors;
using Winnow.Compute.Host;
using Winnow.Retrieval.Features;

namespace Winnow.Lab.Calibration.S3;

/// <summary>A batch on its way through an autoencoder: which features fired, how far the reconstruction is off, and what follows for the parameters.</summary>
/// <remarks>
/// The loss is the mean over the batch of ‖x − x̂‖². Only features that fired have gradients, so that the backward pass costs k
/// rows a vector instead of m. Everything is added up in the order of the batch: the number of threads changes no bit.
/// </remarks>
internal sealed class AutoencoderBatch
{
    private const int RowsOfTask = 32;

    private readonly AutoencoderWeights _weights;
    private readonly int _active;
    private readonly int _threads;
    private readonly float[] _panels;
    private readonly float[] _centred;
    private readonly int[] _starts;
    private readonly int[] _users;
    private readonly Scratch[] _scratch;
    private int _count;

    /// <param name="weights">The parameters.</param>
    /// <param name="active">Features that fire for a vector (k).</param>
    /// <param name="capacity">Vectors of a batch at most.</param>
    /// <param name="threads">Threads that compute.</param>
    public AutoencoderBatch(AutoencoderWeights weights, int active, int capacity, int threads)
    {
        _weights = weights;
        _active = active;
        _threads = threads;
        _panels = new float[weights.Encoder.Length];
        _centred = new float[capacity * weights.Width];
        _starts = new int[weights.Latents + 1];
        _users = new int[capacity * active];
        _scratch = [.. Enumerable.Range(0, (capacity + RowsOfTask - 1) / RowsOfTask).Select(_ => new Scratch(weights.Latents, active))];
        Features = new int[capacity * active];
        Values = new float[capacity * active];
        ValueGradients = new float[capacity * active];
        Errors = new float[capacity * weights.Width];
    }

    /// <summary>The features that fired, [count, active].</summary>
    public int[] Features { get; }

    /// <summary>Their activations after the ReLU.</summary>
    public float[] Values { get; }

    /// <summary>∂loss/∂activation · count, shaped alike; 0 where the ReLU cut.</summary>
    public float[] ValueGradients { get; }

    /// <summary>x̂ − x, [count, width].</summary>
    public float[] Errors { get; }

    /// <summary>Runs vectors forward and the error back to the activations; returns the sum of ‖x − x̂‖².</summary>
    /// <param name="vectors">[count, width], normalised.</param>
    /// <param name="count">How many of them.</param>
    public double Run(float[] vectors, int count)
    {
        _count = count;
        int width = _weights.Width;
        ActivationKernel.Pack(_weights.Encoder, width, _panels);
        for (int row = 0; row < count; row++)
        {
            TensorPrimitives.Subtract(vectors.AsSpan(row * width, width), _weights.DecoderBias, _centred.AsSpan(row * width, width));
        }

        int tasks = (count + RowsOfTask - 1) / RowsOfTask;
        double[] squares = new double[tasks];
        Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = _threads }, task =>
        {
            int first = task * RowsOfTask;
            squares[task] = RunRows(first, Math.Min(RowsOfTask, count - first), _scratch[task]);
        });
        GroupByFeature();
        return squares.Sum();
    }

    /// <summary>The vectors of the batch in which a feature fired, as indices into <see cref="Features"/>.</summary>
    public ReadOnlySpan<int> UsersOf(int feature) => _users.AsSpan(_starts[feature], _starts[feature + 1] - _starts[feature]);

    /// <summary>Gradients of one feature's parameters.</summary>
    /// <param name="feature">The feature.</param>
    /// <param name="encoder">Receives ∂loss/∂W_enc of its row, [width].</param>
    /// <param name="decoder">Receives ∂loss/∂W_dec of its row, [width].</param>
    /// <returns>∂loss/∂b_enc.</returns>
    public float FeatureGradient(int feature, Span<float> encoder, Span<float> decoder)
    {
        int width = _weights.Width;
        encoder.Clear();
        decoder.Clear();
        float bias = 0;
        foreach (int use in UsersOf(feature))
        {
            int row = use / _active;
            TensorPrimitives.MultiplyAdd(_centred.AsSpan(row * width, width), ValueGradients[use], encoder, encoder);
            TensorPrimitives.MultiplyAdd(Errors.AsSpan(row * width, width), 2 * Values[use], decoder, decoder);
            bias += ValueGradients[use];
        }

        TensorPrimitives.Divide(encoder, _count, encoder);
        TensorPrimitives.Divide(decoder, _count, decoder);
        return bias / _count;
    }

    /// <summary>∂loss/∂b_dec, [width]: it is added behind the decoder and subtracted before the encoder.</summary>
    public void DecoderBiasGradient(Span<float> gradient)
    {
        int width = _weights.Width;
        gradient.Clear();
        for (int row = 0; row < _count; row++)
        {
            TensorPrimitives.MultiplyAdd(Errors.AsSpan(row * width, width), 2f, gradient, gradient);
            for (int use = row * _active; use < (row + 1) * _active; use++)
            {
                TensorPrimitives.MultiplyAdd(_weights.EncoderRow(Features[use]), -ValueGradients[use], gradient, gradient);
            }
        }

        TensorPrimitives.Divide(gradient, _count, gradient);
    }

    private double RunRows(int first, int rows, Scratch scratch)
    {
        int width = _weights.Width;
        Span<float> activations = scratch.Activations.AsSpan(0, rows * _weights.Latents);
        ActivationKernel.Multiply(_centred.AsSpan(first * width, rows * width), width, _panels, activations);
        double squares = 0;
        for (int row = first; row < first + rows; row++)
        {
            Span<float> latents = activations.Slice((row - first) * _weights.Latents, _weights.Latents);
            TensorPrimitives.Add(latents, _weights.EncoderBias, latents);
            int at = row * _active;
            scratch.Top.Select(latents, Features.AsSpan(at, _active), Values.AsSpan(at, _active));

            Span<float> error = Errors.AsSpan(row * width, width);
            TensorPrimitives.Negate(_centred.AsSpan(row * width, width), error);
            for (int use = at; use < at + _active; use++)
            {
                Values[use] = Math.Max(Values[use], 0);
                TensorPrimitives.MultiplyAdd(_weights.DecoderRow(Features[use]), Values[use], error, error);
            }

            for (int use = at; use < at + _active; use++)
            {
                ValueGradients[use] = Values[use] > 0 ? 2 * TensorPrimitives.Dot(error, _weights.DecoderRow(Features[use])) : 0;
            }

            squares += TensorPrimitives.SumOfSquares<float>(error);
        }

        return squares;
    }

    /// <summary>A counting sort of the uses by feature, stable in the order of the batch.</summary>
    private void GroupByFeature()
    {
        ReadOnlySpan<int> features = Features.AsSpan(0, _count * _active);
        Array.Clear(_starts);
        foreach (int feature in features)
        {
            _starts[feature + 1]++;
        }

        for (int feature = 0; feature < _weights.Latents; feature++)
        {
            _starts[feature + 1] += _starts[feature];
        }

        int[] next = _starts[..^1];
        for (int use = 0; use < features.Length; use++)
        {
            _users[next[features[use]]++] = use;
        }
    }

    private sealed class Scratch(int latents, int active)
    {
        public float[] Activations { get; } = new float[RowsOfTask * latents];

        public TopFeatures Top { get; } = new(active);
    }
}
