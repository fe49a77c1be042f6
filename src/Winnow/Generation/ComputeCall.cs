using System.Threading.Tasks.Sources;

namespace Winnow.Generation;

/// <summary>A computation that runs on a compute thread as often as it is asked for, one run at a time. Awaiting a run allocates nothing.</summary>
/// <param name="threads">Where it runs.</param>
/// <param name="work">The computation.</param>
internal sealed class ComputeCall<T>(ComputeThreads threads, Func<T> work) : IValueTaskSource<T>
{
    /// <summary>Continuations are the caller's code: they go to the thread pool or to its context, never on the compute thread.</summary>
    private ManualResetValueTaskSourceCore<T> _run = new() { RunContinuationsAsynchronously = true };

    private ExecutionContext? _context;
    private Action? _start;

    /// <summary>Runs it once. Await the result before the next run.</summary>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public ValueTask<T> RunAsync()
    {
        _run.Reset();
        _context = ExecutionContext.Capture();
        threads.Start(_start ??= Compute);
        return new ValueTask<T>(this, _run.Version);
    }

    T IValueTaskSource<T>.GetResult(short token) => _run.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _run.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _run.OnCompleted(continuation, state, token, flags);

    private void Compute()
    {
        if (_context is null)
        {
            RunWork();
        }
        else
        {
            ExecutionContext.Run(_context, static call => ((ComputeCall<T>)call!).RunWork(), this);
        }
    }

    private void RunWork()
    {
        T result;
        try
        {
            result = work();
        }
        catch (Exception e)
        {
            _run.SetException(e);
            return;
        }

        _run.SetResult(result);
    }
}
