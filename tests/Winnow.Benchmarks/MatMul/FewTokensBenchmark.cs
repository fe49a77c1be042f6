using BenchmarkDotNet.Attributes;

namespace Winnow.Benchmarks.MatMul;

/// <summary>Small batches, where unpacking the weights is not yet paid for by many tokens.</summary>
public class FewTokensBenchmark : MatMulBenchmark
{
    [Params(2, 4, 8)]
    public int Batch { get; set; }

    protected override int Tokens => Batch;
}
