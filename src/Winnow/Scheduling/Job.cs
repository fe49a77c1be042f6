using System.Diagnostics;
using Winnow.Generation;
using Winnow.Sampling;

namespace Winnow.Scheduling;

/// <summary>A request on its way: it waits, reads its prompt, and answers token by token. But for its cancellation, it belongs to the scheduler's thread.</summary>
internal sealed class Job
{
    private readonly Action _wake;
    private readonly long _created = Stopwatch.GetTimestamp();
    private CancellationTokenRegistration _registration;
    private volatile bool _isCancelled;
    private long _start;
    private Sampler? _sampler;
    private Answer? _answer;
    private BatchPrompt? _reading;

    public Job(GenerationRequest request, FittedChat prompt, AttentionOptions attention, int mostTokens, Action wake, CancellationToken cancellation)
    {
        _wake = wake;
        Options = request.Options;
        Prompt = [.. prompt.Prompt];
        DroppedMessages = prompt.Dropped.Count;
        Attention = attention;
        AttentionKey = attention.ToString();
        Conversation = request.Conversation ?? (object)this;
        Priority = request.Priority;
        MostTokens = mostTokens;
        Cancellation = cancellation;
        Reply = new ScheduledReply(Cancel);
    }

    public GenerationOptions Options { get; }

    /// <summary>The tokens that are read; those of a shifted context follow those of the prompt.</summary>
    public int[] Prompt { get; private set; }

    public int DroppedMessages { get; }

    public int ShiftedTokens { get; init; }

    public AttentionOptions Attention { get; }

    /// <summary>What sessions must have in common to share rows.</summary>
    public string AttentionKey { get; }

    /// <summary>Whose turn it is.</summary>
    public object Conversation { get; }

    public int Priority { get; }

    /// <summary>Tokens that prompt and answer may come to.</summary>
    public int MostTokens { get; }

    public CancellationToken Cancellation { get; }

    public ScheduledReply Reply { get; }

    public bool IsCancelled => _isCancelled;

    /// <summary>The job's session, from its start on.</summary>
    public Session? Session { get; private set; }

    /// <summary>The token that the next step computes.</summary>
    public int Next { get; private set; }

    /// <summary>Whether the prompt is being read.</summary>
    public bool IsReading => _reading is not null;

    /// <summary>Whether the session is to read one more token.</summary>
    public bool IsStepping => _answer is not null && _reading is null;

    /// <summary>The job whose prompt begins alike and is being read; this one goes on from there.</summary>
    public Job? WaitsFor { get; set; }

    /// <summary>How much of that prompt this job has use for.</summary>
    public int WaitsForLength { get; set; }

    /// <summary>Why it could not begin; null where it could.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Tokens of the prompt that are not read yet.</summary>
    public int Left => Prompt.Length - (Session?.Tokens.Count ?? 0);

    public GenerationStatistics? Statistics => _answer?.Statistics;

    /// <summary>Begins to listen to the caller's cancellation.</summary>
    public void Listen() => _registration = Cancellation.UnsafeRegister(static job => ((Job)job!).Cancel(), this);

    /// <summary>Asks for an early end; called by any thread.</summary>
    public void Cancel()
    {
        _isCancelled = true;
        _wake();
    }

    /// <summary>Begins to read the prompt.</summary>
    public void Start(SessionBatch batch, Session session)
    {
        _start = Stopwatch.GetTimestamp();
        Reply.Queued = Stopwatch.GetElapsedTime(_created);
        Session = session;
        _sampler = session.Engine.CreateSampler(Options);
        session.Reader.Candidates = session.CandidatesFor(_sampler);
        _reading = batch.BeginPrompt(session, Prompt, Options.Progress);
    }

    /// <summary>The prompt that is being read, to be read along with a step.</summary>
    public BatchPrompt Reading => _reading!;

    /// <summary>Reads a slice of the prompt; behind its end the first token is chosen.</summary>
    /// <param name="choice">Room for what a token is chosen from, [vocabulary].</param>
    /// <returns>Whether that was the last token of the answer.</returns>
    public bool Read(float[] choice) => !_reading!.Advance(CancellationToken.None) && EndPrompt(choice);

    /// <summary>The prompt is read: the first token is chosen.</summary>
    /// <param name="choice">Room for what a token is chosen from, [vocabulary].</param>
    /// <returns>Whether that was the last token of the answer.</returns>
    public bool EndPrompt(float[] choice)
    {
        int cached = _reading!.CachedTokens;
        _reading = null;
        if (_answer is null)
        {
            _answer = new Answer(Session!.Engine, Options, _sampler!, Session.Reader, choice, cached, _start)
            {
                ShiftedTokens = ShiftedTokens,
                DroppedMessages = DroppedMessages,
            };
            if (_answer.IsOver)
            {
                return true;
            }
        }

        return Choose();
    }

    /// <summary>Chooses the token after the last one that was read, and hands it out.</summary>
    /// <returns>Whether it was the last token of the answer.</returns>
    public bool Choose()
    {
        GeneratedToken token = _answer!.Next();
        Next = token.Id;
        Reply.Add(token);
        return token.FinishReason is not null;
    }

    /// <summary>Makes room in a full context: what stays of it is read again.</summary>
    public void Shift(SessionBatch batch)
    {
        int length = Session!.Tokens.Count + 1;
        Prompt = [.. ContextShift.Shorten([.. Session.Tokens, Next], Options.KeptTokens, Session.ContextLength)];
        _answer!.ShiftedTokens += length - Prompt.Length;
        _reading = batch.BeginPrompt(Session, Prompt);
    }

    /// <summary>Stops computing and gives the session away, which may serve others.</summary>
    /// <returns>The session; null where there is none.</returns>
    public Session? Release()
    {
        _registration.Unregister();
        _reading?.Dispose();
        _reading = null;
        Session? session = Session;
        Session = null;
        if (session is not null)
        {
            session.Reader.Candidates = null;
        }

        return session;
    }

    /// <summary>Tells who asked that there is no more.</summary>
    /// <param name="statistics">What it took; null where it did not come to answer.</param>
    /// <param name="error">Why it failed or was cancelled; null where it is whole.</param>
    public void End(GenerationStatistics? statistics, Exception? error) => Reply.End(statistics, error);
}
