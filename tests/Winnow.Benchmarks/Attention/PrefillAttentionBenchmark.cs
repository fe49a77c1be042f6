using BenchmarkDotNet.Attributes;
using Winnow.Compute;

namespace Winnow.Benchmarks.Attention;

/// <summary>One layer of a prompt's chunk of 512 tokens, at the beginning and deep inside, with every row before it.</summary>
public class PrefillAttentionBenchmark : AttentionBenchmark
{
    [Params(512, 4096, 8192)]
    public override int Depth { get; set; }

    protected override int Tokens => 512;

    protected override int Layers => 1;

    [Benchmark]
    public void Chunk() => Stream.Attend(Shape, Queries, NextLayer(), Depth - Tokens, AttentionPlan.All, isStep: false, Output);
}
