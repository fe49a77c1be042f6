namespace Winnow.Compute.Cpu;

/// <summary>Persistent threads that run one parallel region at a time; the calling thread works along.</summary>
/// <remarks>
/// Workers spin for a while after a region, because the next one of the same token follows within microseconds, then park.
/// Regions of different sessions take turns. Running a region allocates nothing.
/// </remarks>
internal sealed unsafe class WorkerPool : IDisposable
{
    /// <summary>About 50 µs of polling: longer than the gap between two operations of a token.</summary>
    private const int SpinsBeforeParking = 2_000;

    private readonly Thread[] _threads;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly Lock _region = new();
    private delegate*<void*, int, void> _body;
    private void* _state;
    private int _tasks;
    private int _next;
    private int _running;
    private int _parked;
    private volatile int _generation;
    private volatile bool _stop;

    public WorkerPool(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threads);
        Threads = threads;
        _threads = new Thread[threads - 1];
        for (int i = 0; i < _threads.Length; i++)
        {
            _threads[i] = new Thread(Work) { IsBackground = true, Name = $"winnow-cpu-{i + 1}" };
            _threads[i].Start();
        }
    }

    /// <summary>Threads that work on a region, the caller's included.</summary>
    public int Threads { get; }

    /// <summary>Calls <paramref name="body"/> once for each task index, on all threads; returns when all are done.</summary>
    /// <param name="body">A static method: state, task index. It must not throw.</param>
    /// <param name="state">What it gets; usually the address of a struct on the caller's stack.</param>
    /// <param name="tasks">How many tasks.</param>
    public void Run(delegate*<void*, int, void> body, void* state, int tasks)
    {
        if (tasks <= 1 || _threads.Length == 0)
        {
            for (int task = 0; task < tasks; task++)
            {
                body(state, task);
            }

            return;
        }

        lock (_region)
        {
            _body = body;
            _state = state;
            _tasks = tasks;
            _next = 0;
            Volatile.Write(ref _running, _threads.Length);
            _generation++;
            int parked = Interlocked.Exchange(ref _parked, 0);
            if (parked > 0)
            {
                _wake.Release(parked);
            }

            Drain();
            SpinWait spin = default;
            while (Volatile.Read(ref _running) != 0)
            {
                if (spin.Count < 100)
                {
                    Thread.SpinWait(8);
                }

                spin.SpinOnce(sleep1Threshold: -1);
            }
        }
    }

    public void Dispose()
    {
        _stop = true;
        lock (_region)
        {
            _generation++;
            _wake.Release(_threads.Length);
        }

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }

        _wake.Dispose();
    }

    private void Drain()
    {
        int tasks = _tasks;
        for (int task = Interlocked.Increment(ref _next) - 1; task < tasks; task = Interlocked.Increment(ref _next) - 1)
        {
            _body(_state, task);
        }
    }

    private void Work()
    {
        int seen = 0;
        while (true)
        {
            int spins = 0;
            while (_generation == seen)
            {
                if (++spins < SpinsBeforeParking)
                {
                    Thread.SpinWait(8);
                    continue;
                }

                Interlocked.Increment(ref _parked);
                if (_generation != seen)
                {
                    // A region began meanwhile: its caller either counted this thread as parked (and released it) or did not.
                    if (!TryUnpark())
                    {
                        _wake.Wait();
                    }
                }
                else
                {
                    _wake.Wait();
                }

                spins = 0;
            }

            if (_stop)
            {
                return;
            }

            seen = _generation;
            Drain();
            Interlocked.Decrement(ref _running);
        }
    }

    private bool TryUnpark()
    {
        for (int parked = Volatile.Read(ref _parked); parked > 0; parked = Volatile.Read(ref _parked))
        {
            if (Interlocked.CompareExchange(ref _parked, parked - 1, parked) == parked)
            {
                return true;
            }
        }

        return false;
    }
}
