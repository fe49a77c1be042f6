using System.Threading.Channels;
using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>An answer of a <see cref="Scheduler"/>, as it grows. It is computed whether or not somebody looks; who stops looking cancels it.</summary>
public sealed class ScheduledReply : IAsyncEnumerable<GeneratedToken>
{
    private readonly Channel<GeneratedToken> _tokens = Channel.CreateUnbounded<GeneratedToken>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = false });

    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action _cancel;

    internal ScheduledReply(Action cancel)
    {
        _cancel = cancel;
    }

    /// <summary>What the answer took; null before its end.</summary>
    public GenerationStatistics? Statistics { get; private set; }

    /// <summary>How long the request has waited for its turn.</summary>
    public TimeSpan Queued { get; internal set; }

    /// <summary>Ends when the answer has been computed, read or not, or fails with what it failed with.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Stops the answer at the next token; the enumeration then fails with an <see cref="OperationCanceledException"/>.</summary>
    public void Cancel() => _cancel();

    /// <summary>The tokens, once. To leave the loop before the last one cancels the answer.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    /// <exception cref="WinnowException">It failed.</exception>
    /// <exception cref="ObjectDisposedException">Scheduler or engine were disposed.</exception>
    public async IAsyncEnumerator<GeneratedToken> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        bool isWhole = false;
        try
        {
            while (await _tokens.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                while (_tokens.Reader.TryRead(out GeneratedToken token))
                {
                    yield return token;
                }
            }

            isWhole = true;
        }
        finally
        {
            if (!isWhole)
            {
                _cancel();
            }
        }
    }

    internal void Add(GeneratedToken token) => _tokens.Writer.TryWrite(token);

    internal void End(GenerationStatistics? statistics, Exception? error)
    {
        Statistics ??= statistics;
        _tokens.Writer.TryComplete(error);
        if (error is null)
        {
            _completion.TrySetResult();
        }
        else if (error is OperationCanceledException cancelled)
        {
            _completion.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            _completion.TrySetException(error);

            // The enumeration fails with it too: nobody has to look here.
            _ = _completion.Task.Exception;
        }
    }
}
