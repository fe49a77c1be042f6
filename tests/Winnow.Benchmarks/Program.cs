using BenchmarkDotNet.Running;
using Winnow.Benchmarks.MatMul;

if (args is ["hashes"])
{
    ProductHashes.Print();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
