using System.Numerics.Tensors;
using Winnow.Attention;
using Winnow.Compute;
using Winnow.Compute.Host;
using Winnow.Compute.Host.Selection;
using Winnow.Models.Forward;

namespace Winnow.Lab.Calibration.A2ats;

/// <summary>Collects, per layer and KV head, a sample of the keys before rotation and the second moment of the rotated queries.</summary>
internal sealed class A2atsSamples : ForwardObserver
{
    /// <summary>Every so many tokens give their queries.</summary>
    private const int QueryStep = 8;

    private readonly AttentionLayers _layers;
    private readonly bool[] _wanted;
    private readonly int _keyStep;
    private readonly ConstantRotation[] _rotations;
    private readonly QueryMoments[][] _moments;
    private readonly List<Half[]>[] _keys;
    private float[] _queryRows = [];
    private float[] _keyRows = [];

    /// <param name="layers">The model's layers.</param>
    /// <param name="ropes">The rotation of each.</param>
    /// <param name="wanted">The layers to look at.</param>
    /// <param name="far">The distance that queries are rotated by.</param>
    /// <param name="keyStep">Every so many tokens give their keys.</param>
    public A2atsSamples(AttentionLayers layers, IReadOnlyList<RopeFrequencies?> ropes, IReadOnlyCollection<int> wanted, int far, int keyStep)
    {
        _layers = layers;
        _wanted = [.. Enumerable.Range(0, layers.Count).Select(wanted.Contains)];
        _keyStep = keyStep;
        _rotations = [.. ropes.Select(rope => new ConstantRotation(rope, far))];
        _moments = [.. layers.Shapes.Select(shape => Enumerable.Range(0, shape.KvHeads).Select(_ => new QueryMoments(shape.HeadDimension)).ToArray())];
        _keys = [.. layers.Shapes.Select(_ => new List<Half[]>())];
    }

    /// <summary>H of a KV head.</summary>
    public double[] Moments(int layer, int head) => _moments[layer][head].Normalized();

    /// <summary>The keys of a KV head, [keys, headDimension].</summary>
    public float[] Keys(int layer, int head)
    {
        AttentionShape shape = _layers.Shapes[layer];
        int dimension = shape.HeadDimension;
        int width = shape.KvHeads * dimension;
        float[] keys = new float[_keys[layer].Sum(rows => rows.Length / width) * dimension];
        int target = 0;
        foreach (Half[] rows in _keys[layer])
        {
            for (int first = head * dimension; first < rows.Length; first += width)
            {
                TensorPrimitives.ConvertToSingle(rows.AsSpan(first, dimension), keys.AsSpan(target, dimension));
                target += dimension;
            }
        }

        return keys;
    }

    /// <summary>Frees the keys of a layer.</summary>
    public void Release(int layer) => _keys[layer].Clear();

    public override void ObserveHeads(ComputeStream stream, int layer, int firstPosition, Matrix queries, Matrix keys)
    {
        if (_wanted[layer])
        {
            AddKeys(layer, firstPosition, Read(stream, keys, ref _keyRows));
            AddQueries(layer, firstPosition, Read(stream, queries, ref _queryRows));
        }
    }

    private void AddKeys(int layer, int firstPosition, ReadOnlySpan<float> keys)
    {
        AttentionShape shape = _layers.Shapes[layer];
        int width = shape.KvHeads * shape.HeadDimension;
        int tokens = keys.Length / width;
        int first = (_keyStep - (firstPosition % _keyStep)) % _keyStep;
        Half[] rows = new Half[Math.Max(0, (tokens - first + _keyStep - 1) / _keyStep) * width];
        for (int i = 0; i < rows.Length; i += width)
        {
            TensorPrimitives.ConvertToHalf(keys.Slice((first * width) + (i * _keyStep), width), rows.AsSpan(i, width));
        }

        _keys[layer].Add(rows);
    }

    private void AddQueries(int layer, int firstPosition, Span<float> queries)
    {
        AttentionShape shape = _layers.Shapes[layer];
        int dimension = shape.HeadDimension;
        int tokens = queries.Length / (shape.QueryHeads * dimension);
        for (int token = (QueryStep - (firstPosition % QueryStep)) % QueryStep; token < tokens; token += QueryStep)
        {
            for (int head = 0; head < shape.QueryHeads; head++)
            {
                Span<float> query = queries.Slice(((token * shape.QueryHeads) + head) * dimension, dimension);
                _rotations[layer].Rotate(query);
                _moments[layer][head / shape.GroupSize].Add(query);
            }
        }
    }

    private static Span<float> Read(ComputeStream stream, Matrix matrix, ref float[] buffer)
    {
        int count = matrix.Rows * matrix.Columns;
        if (buffer.Length < count)
        {
            buffer = new float[count];
        }

        stream.Read(matrix, buffer.AsSpan(0, count));
        return buffer.AsSpan(0, count);
    }
}
