using BenchmarkDotNet.Running;
using Winnow.Benchmarks.MatMul;

if (args is ["hashes"])
{
    ProductHashes.Print();
    return;
}

if (args is ["rows", .. string[] rest])
{
    BatchedRows.Print(rest);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
