using System.Numerics.Tensors;

namespace Winnow.Lab.Calibration.S3;

/// <summary>Trains a Top-K sparse autoencoder on normalised vectors: Adam, revival of dead features, early stop on held-out vectors.</summary>
/// <remarks>
/// Section 3 of the brief. Deviation: dead features are not brought back by an auxiliary loss but take over the residual of a
/// vector that was reconstructed badly, which needs no second weight to tune and works within one evaluation.
/// </remarks>
internal sealed class AutoencoderTrainer
{
    /// <summary>Fewer vectors teach an autoencoder nothing.</summary>
    public const int LeastVectors = 1000;

    private const int StepsBetweenChecks = 200;
    private const int HeldOutVectors = 4096;
    private const int Patience = 4;
    private const double LeastGain = 0.002;

    /// <summary>A feature that none of so many vectors activated is dead.</summary>
    private const int DeadVectors = 100_000;

    private readonly AutoencoderTraining _options;
    private readonly int _threads;
    private readonly float[] _training;
    private readonly float[] _heldOut;
    private readonly AutoencoderWeights _weights;
    private readonly AutoencoderBatch _batch;
    private readonly AdamRows _encoder;
    private readonly AdamRows _encoderBias;
    private readonly AdamRows _decoder;
    private readonly AdamRows _decoderBias;
    private readonly long[] _lastFired;
    private readonly Random _random;

    /// <param name="vectors">[count, width], normalised; every twentieth one is held out, up to 4,096.</param>
    /// <param name="width">Elements of a vector.</param>
    /// <param name="options">Sizes and steps.</param>
    /// <param name="seed">Equal seeds give equal autoencoders.</param>
    /// <param name="threads">Threads that compute; they change nothing in the result.</param>
    public AutoencoderTrainer(ReadOnlySpan<float> vectors, int width, AutoencoderTraining options, int seed, int threads)
    {
        _options = options;
        _threads = threads;
        (_training, _heldOut) = Split(vectors, width);
        _weights = AutoencoderWeights.Random(width, options.Latents, seed);
        _batch = new AutoencoderBatch(_weights, options.Active, options.Batch, threads);
        _encoder = new AdamRows(options.Latents, width);
        _encoderBias = new AdamRows(options.Latents, 1);
        _decoder = new AdamRows(options.Latents, width);
        _decoderBias = new AdamRows(1, width);
        _lastFired = new long[options.Latents];
        _random = new Random(seed);
    }

    /// <summary>The parameters so far.</summary>
    public AutoencoderWeights Weights => _weights;

    /// <summary>Trains until the held-out error stops falling or the steps are used up.</summary>
    /// <param name="progress">Told the fraction that is done and the error so far; null for nobody.</param>
    /// <param name="cancellation">Looked at in every step.</param>
    public AutoencoderQuality Train(Action<double, double>? progress, CancellationToken cancellation)
    {
        float[] vectors = new float[_options.Batch * _weights.Width];
        double best = double.PositiveInfinity;
        int checksWithoutGain = 0;
        double unexplained = 1;
        for (int step = 1; step <= _options.Steps; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            Draw(vectors);
            _batch.Run(vectors, _options.Batch);
            Update(step);
            if (step % StepsBetweenChecks != 0 && step != _options.Steps)
            {
                continue;
            }

            unexplained = Unexplained(_heldOut);
            progress?.Invoke((double)step / _options.Steps, unexplained);
            checksWithoutGain = unexplained < best * (1 - LeastGain) ? 0 : checksWithoutGain + 1;
            best = Math.Min(best, unexplained);
            if (checksWithoutGain == Patience)
            {
                return new AutoencoderQuality(unexplained, DeadFraction(step), step);
            }

            // Not in the last quarter: what is revived needs some steps to find its place.
            if (step < _options.Steps * 3 / 4)
            {
                Revive(step);
            }
        }

        return new AutoencoderQuality(unexplained, DeadFraction(_options.Steps), _options.Steps);
    }

    /// <summary>The fraction of the variance that the reconstruction of vectors misses.</summary>
    internal double Unexplained(float[] vectors)
    {
        int width = _weights.Width;
        int count = vectors.Length / width;
        float[] part = new float[_options.Batch * width];
        double missed = 0;
        for (int first = 0; first < count; first += _options.Batch)
        {
            int rows = Math.Min(_options.Batch, count - first);
            vectors.AsSpan(first * width, rows * width).CopyTo(part);
            missed += _batch.Run(part, rows);
        }

        double[] mean = new double[width];
        for (int i = 0; i < vectors.Length; i++)
        {
            mean[i % width] += (double)vectors[i] / count;
        }

        double total = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            double difference = vectors[i] - mean[i % width];
            total += difference * difference;
        }

        return total > 0 ? missed / total : 0;
    }

    private static (float[] Training, float[] HeldOut) Split(ReadOnlySpan<float> vectors, int width)
    {
        const int period = 20;
        int count = vectors.Length / width;
        int held = Math.Min(count / period, HeldOutVectors);
        float[] heldOut = new float[held * width];
        float[] training = new float[(count - held) * width];
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            bool isHeld = i % period == period - 1 && i / period < held;
            Span<float> target = isHeld ? heldOut.AsSpan(i / period * width, width) : training.AsSpan(next++ * width, width);
            vectors.Slice(i * width, width).CopyTo(target);
        }

        return (training, heldOut);
    }

    private void Draw(float[] vectors)
    {
        int width = _weights.Width;
        int count = _training.Length / width;
        for (int row = 0; row < _options.Batch; row++)
        {
            _training.AsSpan(_random.Next(count) * width, width).CopyTo(vectors.AsSpan(row * width, width));
        }
    }

    private void Update(int step)
    {
        // Constant, then down to a tenth over the last fifth of the steps.
        double left = (double)(_options.Steps - step) / _options.Steps;
        float rate = _options.LearningRate * (float)Math.Clamp(left / 0.2, 0.1, 1);
        int width = _weights.Width;
        float[] biasGradient = new float[width];
        _batch.DecoderBiasGradient(biasGradient);
        int tasks = (_options.Latents + 255) / 256;
        Parallel.For(0, tasks, new ParallelOptions { MaxDegreeOfParallelism = _threads }, task =>
        {
            Span<float> encoder = new float[width];
            Span<float> decoder = new float[width];
            int end = Math.Min(_options.Latents, (task + 1) * 256);
            for (int feature = task * 256; feature < end; feature++)
            {
                if (_batch.UsersOf(feature).IsEmpty)
                {
                    continue;
                }

                _lastFired[feature] = step;
                float bias = _batch.FeatureGradient(feature, encoder, decoder);
                Span<float> row = _weights.DecoderRow(feature);
                _encoder.Update(feature, _weights.EncoderRow(feature), encoder, rate);
                _encoderBias.Update(feature, _weights.EncoderBias.AsSpan(feature, 1), [bias], rate);
                _decoder.Update(feature, row, decoder, rate);
                TensorPrimitives.Divide(row, MathF.Max(TensorPrimitives.Norm<float>(row), 1e-12f), row);
            }
        });
        _decoderBias.Update(0, _weights.DecoderBias, biasGradient, rate);
    }

    private bool IsDead(int feature, int step) => (step - _lastFired[feature]) * _options.Batch >= Math.Min(DeadVectors, StepsBetweenChecks * (long)_options.Batch);

    private double DeadFraction(int step) => (double)Enumerable.Range(0, _options.Latents).Count(feature => IsDead(feature, step)) / _options.Latents;

    /// <summary>Gives dead features the residuals of the vectors that the current parameters reconstruct worst.</summary>
    private void Revive(int step)
    {
        int[] dead = [.. Enumerable.Range(0, _options.Latents).Where(feature => IsDead(feature, step))];
        if (dead.Length == 0)
        {
            return;
        }

        int width = _weights.Width;
        float[] vectors = new float[_options.Batch * width];
        Draw(vectors);
        _batch.Run(vectors, _options.Batch);
        float[] errors = [.. Enumerable.Range(0, _options.Batch).Select(row => -TensorPrimitives.Norm<float>(_batch.Errors.AsSpan(row * width, width)))];
        int[] worst = [.. Enumerable.Range(0, _options.Batch)];
        Array.Sort(errors, worst);
        for (int i = 0; i < Math.Min(dead.Length, worst.Length / 4); i++)
        {
            int feature = dead[i];
            Span<float> row = _weights.DecoderRow(feature);
            TensorPrimitives.Negate(_batch.Errors.AsSpan(worst[i] * width, width), row);
            TensorPrimitives.Divide(row, MathF.Max(TensorPrimitives.Norm<float>(row), 1e-12f), row);
            row.CopyTo(_weights.EncoderRow(feature));
            _weights.EncoderBias[feature] = 0;
            _encoder.Reset(feature);
            _encoderBias.Reset(feature);
            _decoder.Reset(feature);
            _lastFired[feature] = step;
        }
    }
}
