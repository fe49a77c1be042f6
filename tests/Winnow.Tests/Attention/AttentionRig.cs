using Winnow.Attention;
using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Tensors;

namespace Winnow.Tests.Attention;

/// <summary>
/// Attention layers without a model around them: a test chooses queries, keys and values, and sees which rows a method reads.
/// Whatever is not chosen is random, and depends only on its place.
/// </summary>
internal sealed class AttentionRig : IDisposable
{
    private readonly CpuDevice _device = new(new CpuDeviceOptions { Threads = 1 });
    private readonly ComputeStream _stream;
    private readonly KvCache _cache;
    private readonly SessionAttention _attention;
    private readonly Dictionary<(char Kind, int Layer, int Position, int Head), float[]> _chosen = [];
    private readonly Dictionary<int, int[][]?> _rows = [];

    public AttentionRig(AttentionOptions options, int layers = 1, int queryHeads = 4, int kvHeads = 2, int dimension = 16, ModelCalibration? calibration = null)
        : this(options, [.. Enumerable.Repeat(new AttentionShape(queryHeads, kvHeads, dimension, 1 / MathF.Sqrt(dimension)), layers)], calibration)
    {
    }

    public AttentionRig(AttentionOptions options, AttentionShape[] shapes, ModelCalibration? calibration = null)
    {
        Shapes = shapes;
        _stream = _device.CreateStream();
        _cache = new KvCache(_device, [.. shapes.Select(shape => new KvLayout(shape.KvHeads, shape.HeadDimension, TensorType.F32))]);
        AttentionLayers attentionLayers = new(shapes);
        _attention = new SessionAttention(
            _device,
            new MethodSetup(attentionLayers, new RopeFrequencies?[shapes.Length], calibration ?? ModelCalibration.None),
            options.Prefill,
            options.Decode)
        {
            Observer = (in AttentionCall call, AttentionPlan plan) => _rows[call.Layer] = plan.Kind == AttentionPlanKind.All
                ? null
                : [.. Enumerable.Range(0, plan.Lists).Select(list => plan.Rows(list).ToArray())],
        };
    }

    public AttentionShape[] Shapes { get; }

    /// <summary>Rows in the cache.</summary>
    public int Length => _cache.Length;

    public AttentionStatistics Statistics => _attention.Statistics;

    public void Dispose()
    {
        _attention.Dispose();
        _cache.Dispose();
        _stream.Dispose();
        _device.Dispose();
    }

    public void ChooseQuery(int layer, int position, int head, float[] query) => _chosen[('q', layer, position, head)] = query;

    public void ChooseKey(int layer, int position, int kvHead, float[] key) => _chosen[('k', layer, position, kvHead)] = key;

    public float[] Query(int layer, int position, int head) => Vector('q', layer, position, head);

    public float[] Key(int layer, int position, int kvHead) => Vector('k', layer, position, kvHead);

    public float[] Value(int layer, int position, int kvHead) => Vector('v', layer, position, kvHead);

    /// <summary>Reads a whole prompt; returns each layer's output, [tokens, queryHeads · headDimension].</summary>
    public float[][] Prompt(int tokens) => Pass(tokens, AttentionPhase.PromptEnd);

    /// <summary>Decodes one token; returns each layer's output.</summary>
    public float[][] Step() => Pass(1, AttentionPhase.Decode);

    public void Truncate(int length) => _cache.Truncate(length);

    /// <summary>The rows that a list of a layer named in the last step; null for all of them.</summary>
    public int[]? Rows(int layer, int list) => _rows[layer]?[list];

    /// <summary>Whether a layer read everything in the last step.</summary>
    public bool ReadAll(int layer) => _rows[layer] is null;

    /// <summary>The probability of each row up to the query's own, in float64.</summary>
    public double[] Probabilities(int layer, int position, int head) => Probabilities(layer, position, head, [.. Enumerable.Range(0, position + 1)]);

    /// <summary>The probabilities of chosen rows, in float64.</summary>
    public double[] Probabilities(int layer, int position, int head, int[] rows)
    {
        AttentionShape shape = Shapes[layer];
        float[] query = Query(layer, position, head);
        double[] scores = [.. rows.Select(row => Dot(query, Key(layer, row, head / shape.GroupSize)) * shape.Scale)];
        double max = scores.Max();
        double[] weights = [.. scores.Select(score => Math.Exp(score - max))];
        double sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }

    /// <summary>The largest probability that any of some heads gives to each row, in float64.</summary>
    public double[] MaxProbabilities(int layer, int position, IEnumerable<int> heads)
    {
        double[] max = new double[position + 1];
        foreach (int head in heads)
        {
            double[] probabilities = Probabilities(layer, position, head);
            for (int row = 0; row < max.Length; row++)
            {
                max[row] = Math.Max(max[row], probabilities[row]);
            }
        }

        return max;
    }

    /// <summary>The output of one head over chosen rows, in float64.</summary>
    public double[] Attend(int layer, int position, int head, int[] rows)
    {
        double[] output = new double[Shapes[layer].HeadDimension];
        double[] weights = Probabilities(layer, position, head, rows);
        for (int i = 0; i < rows.Length; i++)
        {
            float[] value = Value(layer, rows[i], head / Shapes[layer].GroupSize);
            for (int d = 0; d < output.Length; d++)
            {
                output[d] += weights[i] * value[d];
            }
        }

        return output;
    }

    /// <summary>A vector of one direction.</summary>
    public static float[] Axis(int dimension, int axis, float length)
    {
        float[] vector = new float[dimension];
        vector[axis] = length;
        return vector;
    }

    private float[][] Pass(int tokens, AttentionPhase phase)
    {
        int first = _cache.Length;
        _cache.Reserve(tokens);
        _attention.Begin(phase, first, tokens);
        float[][] outputs = new float[Shapes.Length][];
        for (int layer = 0; layer < Shapes.Length; layer++)
        {
            AttentionShape shape = Shapes[layer];
            using MatrixOwner queries = new(_device, _stream, Rows('q', layer, first, tokens, shape.QueryHeads, shape.HeadDimension), tokens);
            using MatrixOwner keys = new(_device, _stream, Rows('k', layer, first, tokens, shape.KvHeads, shape.HeadDimension), tokens);
            using MatrixOwner values = new(_device, _stream, Rows('v', layer, first, tokens, shape.KvHeads, shape.HeadDimension), tokens);
            using MatrixOwner output = new(_device, _stream, new float[tokens * shape.QueryHeads * shape.HeadDimension], tokens);
            _stream.Append(_cache.Layer(layer), keys.Matrix, values.Matrix, first);
            _attention.Attend(new AttentionCall(_stream, layer, shape, _cache.Layer(layer), first, queries.Matrix, queries.Matrix, output.Matrix, queries.Matrix.Rows));
            outputs[layer] = new float[tokens * shape.QueryHeads * shape.HeadDimension];
            _stream.Read(output.Matrix, outputs[layer]);
        }

        _cache.Advance(tokens);
        return outputs;
    }

    private float[] Rows(char kind, int layer, int first, int tokens, int heads, int dimension)
    {
        float[] rows = new float[tokens * heads * dimension];
        for (int token = 0; token < tokens; token++)
        {
            for (int head = 0; head < heads; head++)
            {
                Vector(kind, layer, first + token, head).CopyTo(rows.AsSpan(((token * heads) + head) * dimension));
            }
        }

        return rows;
    }

    private float[] Vector(char kind, int layer, int position, int head)
    {
        if (!_chosen.TryGetValue((kind, layer, position, head), out float[]? vector))
        {
            Random random = new(((((kind * 31) + layer) * 100_003) + position) * 31 + head);
            vector = new float[Shapes[layer].HeadDimension];
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
            }

            _chosen[(kind, layer, position, head)] = vector;
        }

        return vector;
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b, (x, y) => (double)x * y).Sum();

    private sealed class MatrixOwner : IDisposable
    {
        public MatrixOwner(Device device, ComputeStream stream, float[] values, int rows)
        {
            Matrix = device.AllocateMatrix(rows, values.Length / rows);
            stream.Write(values, Matrix);
        }

        public Matrix Matrix { get; }

        public void Dispose() => Matrix.Buffer.Dispose();
    }
}
