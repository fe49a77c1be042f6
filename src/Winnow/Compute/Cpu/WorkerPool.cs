using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Winnow.Compute.Cpu;

/// <summary>Persistent threads that run one parallel region at a time; the calling thread works along.</summary>
/// <remarks>
/// Tasks are claimed one by one, so a thread that the operating system takes away delays only the task it holds, and a worker
/// that wakes too late finds nothing left instead of being waited for. Workers spin for a while after a region, because the next
/// one of the same token follows within microseconds, then park. Regions of different sessions take turns; whoever waits
/// for one sleeps. Running a region allocates nothing. An exception of a task comes back to the caller when all tasks are done.
/// </remarks>
internal sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>Some 100 µs of polling: longer than the gap between two operations of a token.</summary>
    private const int SpinsBeforeParking = 2_000;

    /// <summary>Polls of a caller that waits for the last tasks before it offers its processor to whoever holds them.</summary>
    private const int SpinsBeforeYielding = 500;

    private readonly Worker[] _workers;
    private readonly Lock _turn = new();
    private readonly Board* _board;

    /// <summary>The first exception of the region.</summary>
    private readonly StrongBox<Exception?> _failure = new();
    private bool _disposed;

    /// <exception cref="WinnowException">The system does not give that many threads.</exception>
    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        _board = (Board*)NativeMemory.AlignedAlloc((nuint)sizeof(Board), 128);
        *_board = default;
        _workers = new Worker[threads - 1];
        for (int i = 0; i < _workers.Length; i++)
        {
            try
            {
                _workers[i] = new Worker(_board, _failure, i + 1);
            }
            catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
            {
                Array.Resize(ref _workers, i);
                Dispose();
                throw new WinnowException($"{threads} threads are asked for, but the system gives {i + 1}: ask for fewer", e);
            }
        }
    }

    /// <summary>Threads that work on a region, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Calls <paramref name="body"/> once for each task index, on all threads; returns when all are done.</summary>
    /// <param name="body">A static method: state, task index. It must not run a region itself.</param>
    /// <param name="state">What it gets; usually the address of a struct on the caller's stack.</param>
    /// <param name="tasks">How many tasks.</param>
    /// <exception cref="Exception">The first that a task threw; the other tasks have run.</exception>
    public void Run(delegate*<void*, int, void> body, void* state, int tasks)
    {
        if (tasks <= 1 || _workers.Length == 0)
        {
            for (int task = 0; task < tasks; task++)
            {
                body(state, task);
            }

            return;
        }

        lock (_turn)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Board* board = _board;
            board->Body = body;
            board->State = state;
            board->Tasks = tasks;
            board->Done = 0;

            // Publishes the fields above: nobody can claim a task before it, because the last region left none unclaimed.
            ulong region = (board->Ticket >> 32) + 1;
            Interlocked.Exchange(ref board->Ticket, (region << 32) | (uint)tasks);
            foreach (Worker worker in _workers)
            {
                worker.WakeIfParked();
            }

            Drain(board, _failure);
            for (int spins = 0; Volatile.Read(ref board->Done) != tasks; spins++)
            {
                if (spins < SpinsBeforeYielding)
                {
                    Thread.SpinWait(1);
                }
                else
                {
                    Thread.Yield();
                }
            }

            if (_failure.Value is { } failure)
            {
                _failure.Value = null;
                ExceptionDispatchInfo.Throw(failure);
            }
        }
    }

    /// <summary>Stops the threads. Waits for a region that is running; later ones are refused.</summary>
    public void Dispose()
    {
        lock (_turn)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            Volatile.Write(ref _board->Stop, 1);
            Interlocked.Add(ref _board->Ticket, 1UL << 32);
            foreach (Worker worker in _workers)
            {
                worker.WakeIfParked();
            }

            foreach (Worker worker in _workers)
            {
                worker.Dispose();
            }

            NativeMemory.AlignedFree(_board);
        }
    }

    /// <summary>Runs tasks until none is left unclaimed.</summary>
    private static void Drain(Board* board, StrongBox<Exception?> failure)
    {
        int completed = 0;
        ulong ticket = Volatile.Read(ref board->Ticket);
        while ((uint)ticket != 0)
        {
            // Read before the claim, and valid if it succeeds: the fields change only while no task of their region is unclaimed.
            delegate*<void*, int, void> body = board->Body;
            void* state = board->State;
            int task = board->Tasks - (int)(uint)ticket;
            ulong seen = Interlocked.CompareExchange(ref board->Ticket, ticket - 1, ticket);
            if (seen != ticket)
            {
                ticket = seen;
                continue;
            }

            RunPart(body, state, task, failure);
            completed++;
            ticket = Volatile.Read(ref board->Ticket);
        }

        if (completed != 0)
        {
            Interlocked.Add(ref board->Done, completed);
        }
    }

    /// <summary>An exception must not leave a worker, which would end the process, nor the caller, whose stack the others still read.</summary>
    private static void RunPart(delegate*<void*, int, void> body, void* state, int task, StrongBox<Exception?> failure)
    {
        try
        {
            body(state, task);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref failure.Value, e, null);
        }
    }

    /// <summary>What threads share, each hot word in cache lines of its own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 512)]
    private struct Board
    {
        /// <summary>The region's number in the upper half, its unclaimed tasks in the lower.</summary>
        [FieldOffset(0)]
        public ulong Ticket;

        [FieldOffset(128)]
        public int Done;

        [FieldOffset(256)]
        public delegate*<void*, int, void> Body;

        [FieldOffset(264)]
        public void* State;

        [FieldOffset(272)]
        public int Tasks;

        [FieldOffset(384)]
        public int Stop;
    }

    /// <summary>A thread that waits for regions, and the seat where it sleeps.</summary>
    private sealed class Worker : IDisposable
    {
        private readonly Board* _board;
        private readonly StrongBox<Exception?> _failure;
        private readonly Thread _thread;
        private readonly SemaphoreSlim _wake = new(0);
        private int _parked;

        public Worker(Board* board, StrongBox<Exception?> failure, int number)
        {
            _board = board;
            _failure = failure;
            _thread = new Thread(Work) { IsBackground = true, Name = $"winnow-cpu-{number}" };
            _thread.Start();
        }

        /// <summary>Called after a new ticket is visible. Whoever clears the flag, the sleeper or its waker, decides whether the semaphore is used.</summary>
        public void WakeIfParked()
        {
            if (Volatile.Read(ref _parked) != 0 && Interlocked.Exchange(ref _parked, 0) != 0)
            {
                _wake.Release();
            }
        }

        /// <summary>Waits for the thread to end, after it was told to.</summary>
        public void Dispose()
        {
            _thread.Join();
            _wake.Dispose();
        }

        private void Work()
        {
            uint region = 0;
            while (true)
            {
                for (int spins = 0; CurrentRegion() == region; spins++)
                {
                    if (spins < SpinsBeforeParking)
                    {
                        Thread.SpinWait(1);
                    }
                    else
                    {
                        Park(region);
                        spins = 0;
                    }
                }

                if (Volatile.Read(ref _board->Stop) != 0)
                {
                    return;
                }

                region = CurrentRegion();
                Drain(_board, _failure);
            }
        }

        private void Park(uint region)
        {
            // The exchange is a full fence: either this thread sees the new ticket below, or the publisher sees the flag.
            Interlocked.Exchange(ref _parked, 1);
            if (CurrentRegion() != region && Interlocked.Exchange(ref _parked, 0) != 0)
            {
                return;
            }

            _wake.Wait();
        }

        private uint CurrentRegion() => (uint)(Volatile.Read(ref _board->Ticket) >> 32);
    }
}
