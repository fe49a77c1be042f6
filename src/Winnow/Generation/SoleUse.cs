namespace Winnow.Generation;

/// <summary>Gives a session to one caller at a time; others are refused, for waiting would hide that they share a conversation.</summary>
/// <param name="lifetime">The session's.</param>
internal sealed class SoleUse(Lifetime lifetime)
{
    private int _busy;

    /// <summary>Makes the session this caller's until <see cref="End"/>: for an answer, from its first token to its last.</summary>
    /// <remarks>It holds no memory: an answer that is suspended between two tokens does not delay disposal.</remarks>
    /// <exception cref="InvalidOperationException">It is another caller's.</exception>
    public void Begin()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            ObjectDisposedException.ThrowIf(lifetime.IsEnding, typeof(Session));
            throw new InvalidOperationException("a session serves one caller at a time; create another session, or fork this one");
        }
    }

    /// <summary>Lets the next caller in.</summary>
    public void End() => Volatile.Write(ref _busy, 0);

    /// <summary>Runs a computation of this caller that disposal stops.</summary>
    /// <param name="compute">The computation; its token is cancelled by the caller's and by disposal.</param>
    /// <param name="cancellation">The caller's token.</param>
    public T Run<T>(Func<CancellationToken, T> compute, CancellationToken cancellation = default) => lifetime.Run(
        stop =>
        {
            Begin();
            try
            {
                return compute(stop);
            }
            finally
            {
                End();
            }
        },
        cancellation);

    /// <inheritdoc cref="Run{T}"/>
    public void Run(Action<CancellationToken> compute, CancellationToken cancellation = default) => Run<object?>(
        stop =>
        {
            compute(stop);
            return null;
        },
        cancellation);
}
