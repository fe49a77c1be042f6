using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Retrieval.Features;

/// <summary>An autoencoder on a device: encodes many vectors at once. Used by one thread at a time.</summary>
internal sealed class FeatureEncoder : IDisposable
{
    /// <summary>Vectors at once: enough for the matrix kernels, and their activations still fit the caches.</summary>
    private const int BatchRows = 128;

    private readonly KeyAutoencoder _autoencoder;
    private readonly Weight _weight;
    private readonly Half[] _pinned;
    private readonly Matrix _input;
    private readonly Matrix _output;
    private readonly float[] _activations;
    private readonly TopFeatures _top;

    public FeatureEncoder(Device device, KeyAutoencoder autoencoder)
    {
        _autoencoder = autoencoder;
        // The device may work on the bytes in place: they must neither move nor go while the weight is used.
        _pinned = GC.AllocateUninitializedArray<Half>(autoencoder.Encoder.Length, pinned: true);
        autoencoder.Encoder.CopyTo(_pinned, 0);
        _weight = device.LoadWeight(
            $"s3.{autoencoder.Projection}", TensorType.F16, autoencoder.Latents, autoencoder.Width, Marshal.UnsafeAddrOfPinnedArrayElement(_pinned, 0));
        _input = device.AllocateMatrix(BatchRows, autoencoder.Width);
        _output = device.AllocateMatrix(BatchRows, autoencoder.Latents);
        _activations = new float[BatchRows * autoencoder.Latents];
        _top = new TopFeatures(autoencoder.Active);
    }

    /// <summary>Encodes normalised vectors.</summary>
    /// <param name="stream">Where to compute.</param>
    /// <param name="vectors">[count, width].</param>
    /// <param name="features">Receives the numbers of the active features, [count, active], the strongest first.</param>
    /// <param name="values">Receives their activations, shaped alike; negative where the ReLU would make them zero.</param>
    public void Encode(ComputeStream stream, ReadOnlySpan<float> vectors, Span<int> features, Span<float> values)
    {
        int width = _autoencoder.Width;
        int active = _autoencoder.Active;
        int count = vectors.Length / width;
        for (int first = 0; first < count; first += BatchRows)
        {
            int rows = Math.Min(BatchRows, count - first);
            Matrix input = _input.RowSlice(0, rows);
            Matrix output = _output.RowSlice(0, rows);
            Span<float> activations = _activations.AsSpan(0, rows * _autoencoder.Latents);
            stream.Write(vectors.Slice(first * width, rows * width), input);
            stream.MatMul(_weight, input, output);
            stream.Read(output, activations);
            for (int row = 0; row < rows; row++)
            {
                Span<float> latents = activations.Slice(row * _autoencoder.Latents, _autoencoder.Latents);
                TensorPrimitives.Add(latents, _autoencoder.Bias, latents);
                int at = (first + row) * active;
                _top.Select(latents, features.Slice(at, active), values.Slice(at, active));
            }
        }
    }

    public void Dispose()
    {
        _weight.Dispose();
        _input.Buffer.Dispose();
        _output.Buffer.Dispose();
        GC.KeepAlive(_pinned);
    }
}
