using BenchmarkDotNet.Attributes;
using Winnow.Compute.Cpu;

namespace Winnow.Benchmarks.MatMul;

/// <summary>What a parallel region costs beside its work.</summary>
public unsafe class ForkJoinBenchmark : IDisposable
{
    private WorkerPool _pool = null!;

    [GlobalSetup]
    public void Setup() => _pool = new WorkerPool(Environment.ProcessorCount);

    [GlobalCleanup]
    public void Dispose()
    {
        _pool.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Nothing to do: one thread may have done it all before another comes.</summary>
    [Benchmark]
    public void Run() => _pool.Run(&Nothing, null, _pool.Threads);

    /// <summary>Tasks that end when all have begun: how long it takes until every thread works.</summary>
    [Benchmark]
    public void Meet()
    {
        Meeting meeting = new() { Missing = _pool.Threads };
        _pool.Run(&Wait, &meeting, _pool.Threads);
    }

    private static void Nothing(void* state, int task)
    {
    }

    private static void Wait(void* state, int task)
    {
        Meeting* meeting = (Meeting*)state;
        Interlocked.Decrement(ref meeting->Missing);
        while (Volatile.Read(ref meeting->Missing) != 0)
        {
            Thread.SpinWait(1);
        }
    }

    private struct Meeting
    {
        public int Missing;
    }
}
