using Winnow.Compute.Cpu;
using Winnow.Generation;
using Winnow.Models;
using Winnow.Sampling;
using Winnow.Tensors;
using Winnow.Tests.Models;

namespace Winnow.Tests.Generation;

/// <summary>What a decoded token takes from the garbage collector, on whichever thread: nothing.</summary>
/// <remarks>
/// The process is measured, so nothing else may run: these tests are alone. The runtime itself allocates now and then (once when a thread
/// first waits for another), hence many steps: what each of them allocates is at least <see cref="SmallestObject"/> bytes.
/// </remarks>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public sealed unsafe class AllocationTests
{
    private const int SmallestObject = 24;

    private const int WarmUp = 120;

    private const int Rounds = 3;

    private const int Steps = 200;

    private const int AllSteps = WarmUp + (Rounds * Steps);

    public static TheoryData<string> Names => [.. TinyModels.All];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_forward_pass_of_a_token_allocates_nothing(string name)
    {
        using CpuDevice device = new(new CpuDeviceOptions { Threads = 2 });
        using Model model = Model.Load(TinyModels.Path(name), device);
        using TokenReader reader = new(model, contextLength: 300, kvType: TensorType.F32);
        int[] ids = Golden.Open(TinyModels.Path(name)).Ids;
        reader.ReadPrompt(ids);

        AllocatesNothing(step =>
        {
            // Steps before the measured ones add the pages of keys and values.
            if (step % 60 == 0)
            {
                reader.Truncate(ids.Length);
            }

            reader.Step(ids[step % 60]);
        });
    }

    [Fact]
    public void A_generated_token_allocates_nothing()
    {
        using Engine engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
        using Session session = engine.CreateSession(new SessionOptions { KvType = TensorType.F32, ContextLength = 1024 });

        // Tokens of a model without a vocabulary have no text, which is all that a stream must allocate. The first answer makes
        // room for the tokens, keys and values of the second.
        GenerationOptions options = new() { MaxTokens = AllSteps, RepetitionLimit = 0, Sampling = new SamplingOptions { Seed = 1 } };
        int[] prompt = Golden.Open(TinyModels.Path("llama")).Ids;
        Assert.Equal(AllSteps, session.Generate(prompt, options).Count());
        using IEnumerator<GeneratedToken> answer = session.Generate(prompt, options).GetEnumerator();

        AllocatesNothing(_ => answer.MoveNext());
    }

    [Fact]
    public void A_step_of_several_sessions_allocates_nothing()
    {
        using Engine engine = Engine.Load(TinyModels.Path("llama"), new EngineOptions { Threads = 2 });
        using SessionBatch batch = engine.CreateBatch();
        int[] ids = Golden.Open(TinyModels.Path("llama")).Ids;
        string[] methods = ["full", "recycled:k=16,from=0", "delta:page=4,pages=3,recent=1,from=0", "full"];
        Session[] sessions = [.. methods.Select(method => engine.CreateSession(
            new SessionOptions { Attention = AttentionOptions.Parse(method), KvType = TensorType.F32, ContextLength = 1024 }))];
        foreach (Session session in sessions)
        {
            // Pages of keys and values, and marks of the methods' states, are there before the measured steps.
            session.Prefill(ids);
            session.Diagnostics.Force([.. Enumerable.Range(0, AllSteps).Select(step => ids[step % 60])]);
            session.Truncate(ids.Length);
        }

        int[] tokens = new int[sessions.Length];

        AllocatesNothing(step =>
        {
            tokens.AsSpan().Fill(ids[step % 60]);
            batch.Step(sessions, tokens);
        });
        Array.ForEach(sessions, session => session.Dispose());
    }

    [Fact]
    public void A_parallel_region_allocates_nothing_on_any_of_its_threads()
    {
        using WorkerPool pool = new(2);
        long arrivals = 0;
        long* state = &arrivals;

        AllocatesNothing(_ => pool.Run(&Meet, state, 2));

        Assert.True(arrivals >= AllSteps);
    }

    /// <summary>Waits for the region's other task: on a busy machine the calling thread would do both, and nobody would see the worker's.</summary>
    private static void Meet(void* state, int task)
    {
        long* arrivals = (long*)state;
        long both = (Interlocked.Increment(ref *arrivals) + 1) / 2 * 2;
        while (Volatile.Read(ref *arrivals) < both)
        {
            Thread.Yield();
        }
    }

    private static void AllocatesNothing(Action<int> step)
    {
        // Methods are compiled on the way.
        int done = 0;
        while (done < WarmUp)
        {
            step(done++);
        }

        // What the runtime allocates by itself it does not allocate in every round; what a step allocates, every step does.
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Steps; i++)
            {
                step(done++);
            }

            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.InRange(least, 0, (Steps * SmallestObject) - 1);
    }
}
