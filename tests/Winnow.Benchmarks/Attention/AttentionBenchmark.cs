using BenchmarkDotNet.Attributes;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Compute.Cpu;
using Winnow.Tensors;

namespace Winnow.Benchmarks.Attention;

/// <summary>Attention of a Llama 3.2 1B: 32 query heads, 8 KV heads of 64. Layers are cycled, so that rows come from memory.</summary>
public abstract class AttentionBenchmark : IDisposable
{
    private const int QueryHeads = 32;
    private const int KvHeads = 8;
    private const int HeadDimension = 64;
    private const int Chunk = 512;

    private CpuDevice _device = null!;
    private KvCache _cache = null!;
    private int _next;

    [Params(TensorType.F16, TensorType.Q8_0, TensorType.F32)]
    public TensorType Type { get; set; }

    /// <summary>Rows in the cache, those of the queries included.</summary>
    public abstract int Depth { get; set; }

    /// <summary>Queries of a call.</summary>
    protected abstract int Tokens { get; }

    /// <summary>Enough for the working set to exceed the last-level cache.</summary>
    protected abstract int Layers { get; }

    private protected AttentionShape Shape { get; } = new(QueryHeads, KvHeads, HeadDimension, 0.125f, SoftCap: 0, Window: 0);

    private protected ComputeStream Stream { get; private set; } = null!;

    private protected Matrix Queries { get; private set; }

    private protected Matrix Output { get; private set; }

    private protected Matrix Mass { get; private set; }

    [GlobalSetup]
    public void Setup()
    {
        _device = new CpuDevice();
        Stream = _device.CreateStream();
        _cache = new KvCache(_device, [.. Enumerable.Range(0, Layers).Select(_ => new KvLayout(KvHeads, HeadDimension, Type))]);
        _cache.Reserve(Depth);
        Random random = new(1);
        Matrix keys = Allocate(random, Chunk, KvHeads * HeadDimension);
        Matrix values = Allocate(random, Chunk, KvHeads * HeadDimension);
        for (int first = 0; first < Depth; first += Chunk)
        {
            int count = Math.Min(Chunk, Depth - first);
            for (int layer = 0; layer < Layers; layer++)
            {
                Stream.Append(_cache.Layer(layer), keys.RowSlice(0, count), values.RowSlice(0, count), first);
            }

            _cache.Advance(count);
        }

        keys.Buffer.Dispose();
        values.Buffer.Dispose();
        Queries = Allocate(random, Tokens, QueryHeads * HeadDimension);
        Output = Allocate(random, Tokens, QueryHeads * HeadDimension);
        Mass = Allocate(random, QueryHeads, Depth);
        Prepare(random);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        foreach (Matrix matrix in (ReadOnlySpan<Matrix>)[Queries, Output, Mass])
        {
            matrix.Buffer.Dispose();
        }

        _cache.Dispose();
        Stream.Dispose();
        _device.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What a benchmark needs beside rows and queries.</summary>
    protected virtual void Prepare(Random random)
    {
    }

    private protected KvLayer NextLayer()
    {
        _next = (_next + 1) % Layers;
        return _cache.Layer(_next);
    }

    private Matrix Allocate(Random random, int rows, int columns)
    {
        Matrix matrix = _device.AllocateMatrix(rows, columns);
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (random.NextSingle() * 2) - 1;
        }

        Stream.Write(values, matrix);
        return matrix;
    }
}
