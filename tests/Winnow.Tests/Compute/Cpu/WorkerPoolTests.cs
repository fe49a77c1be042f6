using Winnow.Compute.Cpu;

namespace Winnow.Tests.Compute.Cpu;

public unsafe class WorkerPoolTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_task_runs_exactly_once_and_is_done_when_the_region_returns(int threads)
    {
        using WorkerPool pool = new(threads);
        for (int round = 0; round < 3_000; round++)
        {
            int tasks = round % 37;
            CheckRegion(pool, tasks, round);
            if (round % 500 == 0)
            {
                // Long enough for the workers to park.
                Thread.Sleep(5);
            }
        }
    }

    [Fact]
    public void Regions_of_several_threads_take_turns()
    {
        using WorkerPool pool = new(3);
        Thread[] callers = new Thread[4];
        int failures = 0;
        for (int i = 0; i < callers.Length; i++)
        {
            int seed = i;
            callers[i] = new Thread(() =>
            {
                Random random = new(seed);
                for (int round = 0; round < 1_000; round++)
                {
                    if (!Region(pool, random.Next(1, 20), round))
                    {
                        Interlocked.Increment(ref failures);
                    }

                    if (random.Next(200) == 0)
                    {
                        Thread.Sleep(1);
                    }
                }
            });
            callers[i].Start();
        }

        foreach (Thread caller in callers)
        {
            caller.Join();
        }

        Assert.Equal(0, failures);
    }

    [Fact]
    public void Disposing_ends_parked_and_spinning_workers()
    {
        for (int round = 0; round < 50; round++)
        {
            WorkerPool pool = new(4);
            CheckRegion(pool, 9, round);
            if (round % 10 == 0)
            {
                Thread.Sleep(3);
            }

            pool.Dispose();
            pool.Dispose();
        }
    }

    [Fact]
    public void A_disposed_pool_refuses_regions()
    {
        WorkerPool pool = new(2);
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => CheckRegion(pool, 4, 0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void An_exception_of_a_task_comes_back_when_all_tasks_are_done_and_the_pool_works_on(int threads)
    {
        using WorkerPool pool = new(threads);
        long* state = stackalloc long[2];
        for (int round = 0; round < 200; round++)
        {
            state[0] = round % 12;
            state[1] = 0;
            InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => pool.Run(&FailAt, state, 12));
            Assert.Equal($"task {round % 12}", error.Message);
            Assert.True(threads == 1 || state[1] == 11, $"{state[1]} of 11 other tasks had run");
            CheckRegion(pool, 12, round);
        }
    }

    private static void FailAt(void* state, int task)
    {
        if (task == *(long*)state)
        {
            throw new InvalidOperationException($"task {task}");
        }

        Interlocked.Increment(ref ((long*)state)[1]);
    }

    private static void CheckRegion(WorkerPool pool, int tasks, int salt) => Assert.True(Region(pool, tasks, salt), $"{tasks} tasks, round {salt}");

    /// <summary>Whether each of the tasks ran once.</summary>
    private static bool Region(WorkerPool pool, int tasks, int salt)
    {
        long* state = stackalloc long[tasks + 1];
        new Span<long>(state, tasks + 1).Clear();
        state[0] = salt;
        pool.Run(&Count, state, tasks);
        for (int task = 0; task < tasks; task++)
        {
            if (state[task + 1] != salt + 1)
            {
                return false;
            }
        }

        return true;
    }

    private static void Count(void* state, int task) => Interlocked.Add(ref ((long*)state)[task + 1], *(long*)state + 1);
}
