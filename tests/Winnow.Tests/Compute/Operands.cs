using Winnow.Cache;
using Winnow.Compute;
using Winnow.Tensors;

namespace Winnow.Tests.Compute;

/// <summary>A device with a stream, and matrices of repeatable random values on it: the same seed gives the same values on every device.</summary>
internal sealed class Operands(Device device, int seed) : IDisposable
{
    private readonly Random _random = new(seed);
    private readonly List<IDisposable> _owned = [];

    public Device Device { get; } = device;

    public ComputeStream Stream { get; } = device.CreateStream();

    public RowSelector Selector { get; } = device.CreateSelector();

    public void Dispose()
    {
        Selector.Dispose();
        Stream.Dispose();
        _owned.ForEach(owned => owned.Dispose());
    }

    /// <summary>Normally distributed values. Rows lie <paramref name="gap"/> elements apart, to find kernels that ignore the stride.</summary>
    public Matrix Random(int rows, int columns, float deviation = 1, int gap = 0)
    {
        Matrix matrix = Zeros(rows, columns, gap);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble()));
            values[i] = (float)(deviation * radius * Math.Cos(2 * Math.PI * _random.NextDouble()));
        }

        Stream.Write(values, matrix);
        return matrix;
    }

    public Matrix Of(params float[] values)
    {
        Matrix matrix = Zeros(1, values.Length);
        Stream.Write(values, matrix);
        return matrix;
    }

    public Matrix Zeros(int rows, int columns, int gap = 0)
    {
        Matrix whole = Device.AllocateMatrix(rows, columns + gap);
        _owned.Add(whole.Buffer);
        return whole.ColumnSlice(0, columns);
    }

    public float[] Read(Matrix matrix)
    {
        float[] values = new float[matrix.Rows * matrix.Columns];
        Stream.Read(matrix, values);
        return values;
    }

    /// <summary>A cache of one layer with random rows in it.</summary>
    public KvCache RandomCache(int kvHeads, int headDimension, TensorType type, int rows, float deviation = 1) =>
        RandomCache(new KvLayout(kvHeads, headDimension, type), rows, deviation);

    /// <summary>The same with another layout.</summary>
    public KvCache RandomCache(KvLayout layout, int rows, float deviation = 1)
    {
        KvCache cache = new(Device, [layout]);
        _owned.Add(cache);
        if (rows > 0)
        {
            cache.Reserve(rows);
            Matrix keys = Random(rows, layout.KvHeads * layout.KeyDimension, deviation);
            Stream.Append(cache.Layer(0), keys, Random(rows, layout.KvHeads * layout.ValueDimension), 0);
            cache.Advance(rows);
        }

        return cache;
    }

    /// <summary>A group of KV heads with random rows and room for 100 more; with a map where positions are given.</summary>
    public KvGroup RandomGroup(int firstHead, KvLayout layout, int rows, int[]? positions = null)
    {
        KvCache cache = RandomCache(layout, rows);
        cache.Reserve(100);
        KvGroup group = new(firstHead, layout);
        foreach (KvPage page in cache.Layer(0).Pages)
        {
            group.Add(page);
        }

        if (positions is not null)
        {
            group.Map(positions);
        }

        return group;
    }

    /// <summary>Ascending numbers of [0, end), about as large a part of them as told.</summary>
    public int[] RandomPositions(int end, double fraction) => [.. Enumerable.Range(0, end).Where(_ => _random.NextDouble() < fraction)];

    /// <summary>An ascending random subset of [0, rows), always with the last.</summary>
    public void FillPlan(AttentionPlan plan, int rows, double fraction)
    {
        for (int list = 0; list < plan.Lists; list++)
        {
            int[] chosen = [.. Enumerable.Range(0, rows).Where(row => row == rows - 1 || _random.NextDouble() < fraction)];
            Selector.SetRows(Stream, plan, list, chosen);
        }
    }
}
