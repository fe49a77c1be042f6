using Winnow.Compute;
using Winnow.Models;
using Winnow.Models.Forward;

namespace Winnow.Retrieval.Features;

/// <summary>Turns the keys, or the queries, of a forward pass into features. The pass ends at the last layer that is looked at.</summary>
internal sealed class FeatureObserver : ForwardObserver, IDisposable
{
    private readonly IReadOnlyList<KeyAutoencoder> _autoencoders;
    private readonly FeatureEncoder[] _encoders;
    private readonly bool _ofQueries;
    private readonly int _queryHeads;
    private readonly int _kvHeads;
    private float[] _rows = [];
    private float[] _vectors = [];

    /// <param name="devices">Where each layer is computed: its features are, too.</param>
    /// <param name="model">Its heads.</param>
    /// <param name="autoencoders">What to encode with.</param>
    /// <param name="ofQueries">Whether queries are encoded instead of keys.</param>
    public FeatureObserver(LayerDevices devices, ModelInfo model, IReadOnlyList<KeyAutoencoder> autoencoders, bool ofQueries)
    {
        _autoencoders = autoencoders;
        _encoders = [.. autoencoders.Select(autoencoder => new FeatureEncoder(devices.Of(autoencoder.Projection.Layer), autoencoder))];
        _ofQueries = ofQueries;
        _queryHeads = model.QueryHeads;
        _kvHeads = model.KvHeads;
        Features = new int[autoencoders.Count][];
        Values = new float[autoencoders.Count][];
        LastLayer = autoencoders.Max(autoencoder => autoencoder.Projection.Layer);
    }

    public override int? LastLayer { get; }

    /// <summary>The features of each autoencoder, [tokens, active], by position; valid up to the next pass.</summary>
    public int[][] Features { get; }

    /// <summary>Their activations.</summary>
    public float[][] Values { get; }

    /// <summary>Makes room for the positions of a pass.</summary>
    public void Begin(int tokens)
    {
        for (int i = 0; i < _autoencoders.Count; i++)
        {
            int length = tokens * _autoencoders[i].Active;
            if (Features[i] is null || Features[i].Length < length)
            {
                Features[i] = new int[length];
                Values[i] = new float[length];
            }
        }
    }

    public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
    {
        Span<float> rows = default;
        for (int i = 0; i < _autoencoders.Count; i++)
        {
            KeyAutoencoder autoencoder = _autoencoders[i];
            if (autoencoder.Projection.Layer != layer)
            {
                continue;
            }

            if (rows.IsEmpty)
            {
                Matrix source = _ofQueries ? queries : keys;
                rows = Room(ref _rows, source.Rows * source.Columns);
                stream.Read(source, rows);
            }

            Span<float> vectors = Room(ref _vectors, keys.Rows * autoencoder.Width);
            if (_ofQueries)
            {
                autoencoder.Projection.GatherQueries(rows, _queryHeads, _kvHeads, autoencoder.Width, vectors);
                autoencoder.Queries.Apply(vectors);
            }
            else
            {
                autoencoder.Projection.GatherKeys(rows, _kvHeads, autoencoder.Width, vectors);
                autoencoder.Keys.Apply(vectors);
            }

            int first = firstPosition * autoencoder.Active;
            int length = keys.Rows * autoencoder.Active;
            _encoders[i].Encode(stream, vectors, Features[i].AsSpan(first, length), Values[i].AsSpan(first, length));
        }
    }

    public void Dispose()
    {
        foreach (FeatureEncoder encoder in _encoders)
        {
            encoder.Dispose();
        }
    }

    private static Span<float> Room(ref float[] buffer, int length)
    {
        if (buffer.Length < length)
        {
            buffer = new float[length];
        }

        return buffer.AsSpan(0, length);
    }
}
