using System.Collections.Concurrent;
using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>
/// Lets many conversations share a model: one pass computes a token of each and reads short prompts along, long ones are read in slices
/// between, and what begins alike is computed once. Thread-safe; one thread computes, whatever the number of requests.
/// </summary>
/// <remarks>
/// <para>An answer does not depend on its company: it is the one that a session alone would give. (Where earlier answers of a conversation had
/// to make room in memory, they are read again as parts of the prompt, which may round differently.)</para>
/// <para>Progress reports, samplers' stages and constraints of a request run on the scheduler's thread: they delay everybody.</para>
/// </remarks>
public sealed class Scheduler : IDisposable, IAsyncDisposable
{
    private readonly Engine _engine;
    private readonly ConcurrentQueue<Job> _incoming = [];
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly SchedulerLoop _loop;
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private bool _isClosed;
    private volatile bool _isStopping;
    private volatile bool _isAborting;

    /// <summary>Starts a scheduler.</summary>
    /// <param name="engine">The model; it must outlive the scheduler's answers.</param>
    /// <param name="options">How it is shared.</param>
    /// <exception cref="ArgumentException">The model does not support the options of the sessions; the message names the one.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public Scheduler(Engine engine, SchedulerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(engine);
        _engine = engine;
        Options = options ?? new SchedulerOptions();
        _loop = new SchedulerLoop(engine, Options);
        _thread = new Thread(Work) { IsBackground = true, Name = "winnow-scheduler" };
        _thread.Start();
    }

    /// <summary>How the model is shared.</summary>
    public SchedulerOptions Options { get; }

    /// <summary>The model.</summary>
    public Engine Engine => _engine;

    /// <summary>Tokens that prompt and answer may take together.</summary>
    public int ContextLength => _loop.ContextLength;

    /// <summary>What the scheduler is doing, as of now.</summary>
    public SchedulerStatistics Statistics => _loop.Statistics;

    /// <summary>Whether no more requests are taken: the scheduler is disposed or being drained, or the engine was disposed.</summary>
    public bool IsStopped => _isStopping;

    /// <summary>Asks for an answer. Returns at once, whatever else is computed.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Stops it, while it waits, while its prompt is read, and while it answers.</param>
    /// <exception cref="SchedulerFullException">Too many requests are waiting.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit.</exception>
    /// <exception cref="WinnowException">
    /// The template refuses the conversation, or the request would never have room within <see cref="SchedulerOptions.KvBudgetBytes"/>.
    /// </exception>
    /// <exception cref="ArgumentException">The request has no prompt, or two; the message says which.</exception>
    /// <exception cref="ObjectDisposedException">The scheduler was disposed, or is being drained.</exception>
    public ScheduledReply Submit(GenerationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(_isStopping, this);
        cancellationToken.ThrowIfCancellationRequested();
        Job job = Create(request, cancellationToken);
        if (!_loop.TryCount(Options.QueueLimit))
        {
            throw new SchedulerFullException(Options.QueueLimit);
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            _incoming.Enqueue(job);
        }

        job.Listen();
        _wake.Set();
        return job.Reply;
    }

    /// <summary>Takes no more requests, and waits until those that were taken are answered.</summary>
    /// <param name="cancellationToken">Stops waiting; the answers go on.</param>
    public Task DrainAsync(CancellationToken cancellationToken = default)
    {
        _isStopping = true;
        _wake.Set();
        return _ended.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Ends all answers, which fail with an <see cref="ObjectDisposedException"/>, and frees keys and values.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _isAborting = true;
        _wake.Set();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }
    }

    /// <summary>Takes no more requests, gives those that were taken <see cref="SchedulerOptions.DrainTime"/>, and then does as <see cref="Dispose"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await DrainAsync().WaitAsync(Options.DrainTime).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _isAborting = true;
            _wake.Set();
            await _ended.Task.ConfigureAwait(false);
        }
    }

    private Job Create(GenerationRequest request, CancellationToken cancellation)
    {
        GenerationOptions options = request.Options;
        AttentionOptions attention = request.Attention ?? Options.Session.Attention;
        int shifted = 0;
        FittedChat chat;
        if (request is { Messages: { } messages, Prompt: null })
        {
            chat = FittedChat.Encode(
                _engine, messages, options.FullContext, ContextLength, options.MaxTokens, request.Tools, request.TemplateVariables, cancellation);
        }
        else if (request is { Messages: null, Prompt: { } prompt })
        {
            Session.RequireTokens(options);
            chat = new FittedChat(prompt, (0, 0));
        }
        else
        {
            throw new ArgumentException($"a request needs either {nameof(request.Messages)} or {nameof(request.Prompt)}", nameof(request));
        }

        if (options.FullContext == FullContextPolicy.Shift && attention.Transform is null)
        {
            IReadOnlyList<int> shortened = ContextShift.Shorten(chat.Prompt, options.KeptTokens, ContextLength);
            shifted = chat.Prompt.Count - shortened.Count;
            chat = chat with { Prompt = shortened };
        }

        int answer = options.MaxTokens ?? Options.MaxAnswerTokens;
        request = request with { Options = options with { MaxTokens = answer } };
        int most = Math.Min(ContextLength, (int)Math.Min((long)chat.Prompt.Count + answer, int.MaxValue));
        _loop.Check(chat.Prompt, attention, most);
        return new Job(request, chat, attention, most, WakeForCancellation, cancellation) { ShiftedTokens = shifted };
    }

    private void WakeForCancellation()
    {
        _loop.NoteCancellation();
        _wake.Set();
    }

    private void Work()
    {
        Exception? error = null;
        try
        {
            while (!_isAborting)
            {
                while (_incoming.TryDequeue(out Job? job))
                {
                    _loop.Add(job);
                }

                if (_loop.Advance())
                {
                    continue;
                }

                if (_isStopping && _incoming.IsEmpty)
                {
                    break;
                }

                _wake.WaitOne();
            }
        }
        catch (Exception e)
        {
            // Whatever it was, nobody must wait for an answer that never comes.
            error = e;
        }

        lock (_lock)
        {
            _isStopping = _isClosed = true;
        }

        while (_incoming.TryDequeue(out Job? job))
        {
            _loop.Add(job);
        }

        _loop.End(error ?? new ObjectDisposedException(typeof(Scheduler).FullName));
        _loop.Dispose();
        _ended.TrySetResult();
    }
}
