using System.Collections.Concurrent;
using Winnow.Cli;
using Winnow.Documents;
using Winnow.Generation;
using Winnow.Retrieval;
using Winnow.Sampling;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>Asynchronous methods compute on threads of the engine and give results to the thread pool.</summary>
public sealed class ComputeThreadsTests : IDisposable
{
    private readonly Engine _engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
    private readonly CancellationToken _cancellation = TestContext.Current.CancellationToken;

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task No_thread_of_the_pool_computes_while_eight_answers_stream()
    {
        ConcurrentBag<bool> computedInPool = [];
        ConcurrentBag<bool> readInPool = [];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using Session session = _engine.CreateSession();
            GenerationOptions options = new() { MaxTokens = 40, Sampling = Observed(() => computedInPool.Add(Thread.CurrentThread.IsThreadPoolThread)) };
            await foreach (GeneratedToken _ in session.GenerateAsync([3 + i, 4, 5], options, _cancellation).ConfigureAwait(false))
            {
                readInPool.Add(Thread.CurrentThread.IsThreadPoolThread);
            }
        }));
        Assert.True(computedInPool.Count >= 8);
        Assert.DoesNotContain(true, computedInPool);
        Assert.True(readInPool.Count >= 8);
        Assert.DoesNotContain(false, readInPool);
    }

    [Fact]
    public async Task An_index_is_built_and_searched_outside_of_the_pool()
    {
        using Engine lab = Engine.Load(BundledModel.Find());
        bool? scannedInPool = null;
        Document source = Document.FromReader("one", () =>
        {
            scannedInPool = Thread.CurrentThread.IsThreadPoolThread;
            return new StringReader("A lighthouse stood on the cliff.");
        });
        using DocumentIndex index = await DocumentIndex.BuildAsync(
            lab, [source], options: new IndexOptions { WordsOnly = true }, cancellationToken: _cancellation);
        Assert.False(scannedInPool);
    }

    [Fact]
    public async Task The_context_of_the_caller_flows_into_the_computation()
    {
        AsyncLocal<string> local = new() { Value = "caller" };
        string? seen = null;
        using Session session = _engine.CreateSession();
        GenerationOptions options = new() { MaxTokens = 1, Sampling = Observed(() => seen = local.Value) };
        await foreach (GeneratedToken _ in session.GenerateAsync([3, 4, 5], options, _cancellation))
        {
        }

        Assert.Equal("caller", seen);
    }

    [Fact]
    public async Task An_exception_reaches_the_caller_and_the_thread_serves_the_next_one()
    {
        using ComputeThreads threads = new();
        await Assert.ThrowsAsync<InvalidDataException>(async () => await threads.Run<int>(() => throw new InvalidDataException()));
        Assert.Equal(7, await threads.Run(() => 7));
        Assert.Equal("winnow-compute", await threads.Run(() => Thread.CurrentThread.Name));
    }

    [Fact]
    public async Task Computations_that_wait_do_not_keep_others_from_running()
    {
        using ComputeThreads threads = new();
        using CountdownEvent all = new(16);
        Task<bool>[] waiting = [.. Enumerable.Range(0, 16).Select(_ => threads.Run(() => all.Signal() || all.Wait(60_000, _cancellation)).AsTask())];
        Assert.DoesNotContain(false, await Task.WhenAll(waiting));
    }

    [Fact]
    public async Task Disposed_threads_finish_what_they_do_and_take_nothing_new()
    {
        using ComputeThreads threads = new();
        using ManualResetEventSlim go = new();
        ValueTask<int> running = threads.Run(() =>
        {
            go.Wait(_cancellation);
            return 7;
        });
        threads.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await threads.Run(() => 8));
        go.Set();
        Assert.Equal(7, await running);
    }

    [Fact]
    public void A_run_allocates_nothing()
    {
        using ComputeThreads threads = new();
        ComputeCall<int> call = new(threads, () => 7);
        long least = long.MaxValue;
        for (int round = 0; round < 20 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                Finish(call.RunAsync());
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    private static void Finish(ValueTask<int> run)
    {
        while (!run.IsCompleted)
        {
            Thread.SpinWait(10);
        }

        // An assertion that compares values of any type would allocate.
        Assert.True(run.Result == 7);
    }

    private static SamplingOptions Observed(Action asked) => new() { LogitsProcessors = [new Observer(asked)] };

    /// <summary>Changes nothing and tells when it is asked.</summary>
    private sealed class Observer(Action asked) : ILogitsProcessor
    {
        public void Process(ReadOnlySpan<int> tokens, Span<float> logits) => asked();
    }
}
