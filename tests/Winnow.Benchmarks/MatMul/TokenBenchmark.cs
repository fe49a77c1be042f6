namespace Winnow.Benchmarks.MatMul;

/// <summary>One token: bound by the bytes of the weight.</summary>
public class TokenBenchmark : MatMulBenchmark
{
    /// <summary>With the output head, which only single tokens pass through.</summary>
    public override IEnumerable<string> Shapes => [.. base.Shapes, "128256x2048"];

    protected override int Tokens => 1;

    protected override int Steps => 1;
}
