namespace Winnow.Generation;

/// <summary>
/// The threads that asynchronous methods compute on. Computations take turns at the device and may wait for seconds; threads of
/// the pool that waited so would be missing to everyone else in the process.
/// </summary>
/// <remarks>There are as many as computations run at once. The one that became idle last is used next; idle ones end after a while.</remarks>
internal sealed class ComputeThreads : IDisposable
{
    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Seat> _idle = [];
    private bool _isDisposed;

    /// <summary>Computes something on a thread of its own; the caller goes on in the thread pool.</summary>
    public ValueTask<T> Run<T>(Func<T> work) => new ComputeCall<T>(this, work).RunAsync();

    /// <summary>Starts work on an idle thread, or on a new one.</summary>
    /// <param name="work">The work; it must not throw.</param>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public void Start(Action work)
    {
        Seat? seat = null;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, typeof(Engine));
            if (_idle.Count > 0)
            {
                seat = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }
        }

        if (seat is null)
        {
            new Thread(Work) { IsBackground = true, Name = "winnow-compute" }.Start(new Seat { Work = work });
        }
        else
        {
            seat.Work = work;
            seat.Wake.Release();
        }
    }

    /// <summary>Lets the threads end, those at work when they are done.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _idle.ForEach(seat => seat.Wake.Release());
            _idle.Clear();
        }
    }

    private void Work(object? state)
    {
        using Seat seat = (Seat)state!;
        while (seat.Work is { } work)
        {
            seat.Work = null;
            work();
            lock (_lock)
            {
                if (_isDisposed)
                {
                    return;
                }

                _idle.Add(seat);
            }

            // A thread whose time is over may have been given work meanwhile.
            while (!seat.Wake.Wait(IdleTime))
            {
                lock (_lock)
                {
                    if (_idle.Remove(seat))
                    {
                        return;
                    }
                }
            }
        }
    }

    /// <summary>Where an idle thread sleeps, and what it finds when it is woken: nothing where it shall end.</summary>
    private sealed class Seat : IDisposable
    {
        public SemaphoreSlim Wake { get; } = new(0);

        public Action? Work { get; set; }

        public void Dispose() => Wake.Dispose();
    }
}
