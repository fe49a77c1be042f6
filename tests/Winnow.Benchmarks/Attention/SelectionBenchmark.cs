using BenchmarkDotNet.Attributes;
using Winnow.Compute.Host.Selection;

namespace Winnow.Benchmarks.Attention;

/// <summary>What a method does with the mass of one KV head beside attending.</summary>
public class SelectionBenchmark
{
    private readonly TopRows _top = new();
    private float[] _scores = [];
    private float[] _pooled = [];
    private int[] _rows = [];
    private int[] _ranking = [];

    [Params(4096, 16384, 65536)]
    public int Depth { get; set; }

    [Params(1024, 2048)]
    public int Budget { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        Random random = new(1);
        _scores = [.. Enumerable.Range(0, Depth).Select(_ => MathF.Exp(-12 * random.NextSingle()))];
        _pooled = new float[Depth];
        _rows = new int[Budget];
        _ranking = new int[Budget];
    }

    [Benchmark]
    public void Select() => _top.Select(_scores, _rows);

    [Benchmark]
    public void SelectRanked() => _top.SelectRanked(_scores, _rows, _ranking);

    [Benchmark]
    public void MaxPool() => Pooling.Max(_scores, 7, _pooled);
}
