using BenchmarkDotNet.Attributes;

namespace Winnow.Benchmarks.MatMul;

/// <summary>Batches of decode steps, and short prompts, where unpacking the weights is not yet paid for by many tokens.</summary>
public class FewTokensBenchmark : MatMulBenchmark
{
    [Params(2, 4, 8, 16)]
    public int Batch { get; set; }

    [Params(true, false)]
    public bool AreSteps { get; set; }

    protected override int Tokens => Batch;

    protected override int Steps => AreSteps ? Batch : 0;
}
