using BenchmarkDotNet.Attributes;
using Winnow.Compute.Cpu;

namespace Winnow.Benchmarks.MatMul;

/// <summary>What a parallel region costs when there is nothing to do.</summary>
public sealed unsafe class ForkJoinBenchmark : IDisposable
{
    private WorkerPool _pool = null!;

    [GlobalSetup]
    public void Setup() => _pool = new WorkerPool(Environment.ProcessorCount);

    [GlobalCleanup]
    public void Dispose() => _pool.Dispose();

    [Benchmark]
    public void Run() => _pool.Run(&Nothing, null, _pool.Threads);

    private static void Nothing(void* state, int task)
    {
    }
}
