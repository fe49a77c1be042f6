namespace Winnow.Generation;

/// <summary>Keeps native memory alive while computations use it: disposal stops them, waits for the last to leave, and frees once.</summary>
/// <remarks>
/// A computation enters before it touches the memory and leaves on the same thread; one that is suspended between two tokens
/// holds nothing. Entering a session's lifetime enters its engine's too. Disposal from inside a computation, in a callback for
/// example, cannot wait for it: there it returns at once, and whoever leaves last frees. Entering allocates nothing.
/// </remarks>
/// <param name="owner">The type that errors name.</param>
/// <param name="free">Frees the memory; called once.</param>
/// <param name="parent">What the owner lives off; null for nothing.</param>
internal sealed class Lifetime(Type owner, Action free, Lifetime? parent = null) : IDisposable
{
    /// <summary>Computations that the current thread is inside of, of any owner.</summary>
    [ThreadStatic]
    private static int _depth;

    private readonly Lock _lock = new();
    private readonly ManualResetEventSlim _freed = new();
    private readonly CancellationTokenSource _ending = new();
    private int _holders;
    private volatile bool _isEnding;

    /// <summary>Whether disposal of the owner, or of what it lives off, has begun.</summary>
    public bool IsEnding => _isEnding || parent is { IsEnding: true };

    /// <summary>Begins a computation: nothing is freed before <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">Disposal has begun.</exception>
    public void Enter()
    {
        if (!TryEnter())
        {
            throw Ended(null);
        }
    }

    /// <summary>Begins a computation, or returns false where disposal has begun.</summary>
    public bool TryEnter()
    {
        if (parent is not null && !parent.TryEnter())
        {
            return false;
        }

        lock (_lock)
        {
            if (!_isEnding)
            {
                _holders++;
                _depth++;
                return true;
            }
        }

        parent?.Leave();
        return false;
    }

    /// <summary>Ends a computation, on the thread that began it.</summary>
    public void Leave()
    {
        _depth--;
        Release();
        parent?.Leave();
    }

    /// <summary>Runs a computation that disposal stops.</summary>
    /// <param name="compute">The computation; its token is cancelled by the caller's and by disposal.</param>
    /// <param name="cancellation">The caller's token.</param>
    /// <exception cref="ObjectDisposedException">Disposal began before the computation ended.</exception>
    public T Run<T>(Func<CancellationToken, T> compute, CancellationToken cancellation = default)
    {
        Enter();
        try
        {
            using CancellationTokenSource stop =
                CancellationTokenSource.CreateLinkedTokenSource(cancellation, _ending.Token, parent?._ending.Token ?? default);
            try
            {
                return compute(stop.Token);
            }
            catch (OperationCanceledException e) when (e.CancellationToken == stop.Token)
            {
                throw IsEnding ? Ended(e) : new OperationCanceledException(e.Message, e, cancellation);
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Begins disposal and does not wait: the last computation frees when it leaves.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_isEnding)
            {
                return;
            }

            _isEnding = true;
            _holders++;
        }

        _ending.Cancel();
        Release();
    }

    /// <summary>Stops all computations, waits until they have left, and frees. Any number of calls, from any thread.</summary>
    public void Dispose()
    {
        End();
        if (_depth == 0)
        {
            _freed.Wait();
        }
    }

    private void Release()
    {
        lock (_lock)
        {
            if (--_holders > 0 || !_isEnding)
            {
                return;
            }
        }

        free();
        _ending.Dispose();
        _freed.Set();
    }

    private ObjectDisposedException Ended(Exception? cause) =>
        parent is { IsEnding: true } ? parent.Ended(cause) : cause is null ? new(owner.FullName) : new($"{owner.FullName} was disposed during the computation", cause);
}
