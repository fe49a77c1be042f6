namespace Winnow.Benchmarks.MatMul;

/// <summary>A prompt of 512 tokens: bound by multiplications.</summary>
public class PromptBenchmark : MatMulBenchmark
{
    protected override int Tokens => 512;

    protected override int Steps => 0;
}
