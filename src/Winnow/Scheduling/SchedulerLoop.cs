using System.Runtime.InteropServices;
using Winnow.Compute;
using Winnow.Generation;

namespace Winnow.Scheduling;

/// <summary>What the scheduler's thread does: admits jobs, computes a token of each and reads short prompts with them, or a slice of a long one, and so on.</summary>
internal sealed class SchedulerLoop : IDisposable
{
    /// <summary>A prompt waits for another one that begins alike only if that saves as many tokens.</summary>
    private const int WorthWaiting = 32;

    private readonly Engine _engine;
    private readonly SchedulerOptions _options;
    private readonly SessionBatch _batch;

    /// <summary>Holds no tokens; all sessions are its forks, so that they share one pool of pages.</summary>
    private readonly Session _root;
    private readonly PrefixCache _cache;
    private readonly PrefixSpill? _spill;
    private readonly WaitingJobs _waiting = new();
    private readonly List<Job> _active = [];
    private readonly List<Job> _stepping = [];
    private readonly List<Job> _joining = [];
    private readonly List<Session> _sessions = [];
    private readonly List<int> _tokens = [];
    private readonly List<BatchPrompt> _prompts = [];
    private readonly float[] _choice;
    private readonly long _pageBytes;
    private readonly long _budgetBytes;
    private int _waitingCount;
    private bool _readsShortest;
    private bool _isAnyCancelled;
    private volatile SchedulerStatistics _statistics;

    public SchedulerLoop(Engine engine, SchedulerOptions options)
    {
        _engine = engine;
        _options = options;
        _root = engine.CreateSession(options.Session);
        _batch = engine.CreateBatch(new SessionBatchOptions { PromptSlice = options.PromptSlice });
        _choice = new float[engine.Model.VocabularySize];
        _pageBytes = _root.Reader.Cache.PageBytes;
        _budgetBytes = options.KvBudgetBytes ?? FreeBytes(engine);
        _spill = options.SpillDirectory is { } directory ? new PrefixSpill(directory, options.SpillBytes) : null;
        _cache = new PrefixCache(_pageBytes, Math.Min(options.PrefixCacheBytes, _budgetBytes), _spill);
        ContextLength = _root.ContextLength;
        _statistics = new SchedulerStatistics { KvBudgetBytes = _budgetBytes };
    }

    public int ContextLength { get; }

    /// <summary>What was done so far, and what is being done. Read by any thread.</summary>
    public SchedulerStatistics Statistics => _statistics with { Waiting = Volatile.Read(ref _waitingCount), KvBytes = _root.Reader.Cache.PoolBytes };

    /// <summary>Refuses what would never have room. Called by any thread.</summary>
    public void Check(IReadOnlyList<int> prompt, AttentionOptions attention, int mostTokens)
    {
        if (attention.Transform is null || prompt.Count == 0)
        {
            _root.CheckPrompt(prompt);
        }

        long needed = PagesOf(mostTokens) * _pageBytes;
        if (needed > _budgetBytes)
        {
            throw new WinnowException(
                $"prompt and answer of up to {mostTokens} tokens need {Mebibytes(needed)} MiB of keys and values, but the scheduler has {Mebibytes(_budgetBytes)} MiB "
                + $"({nameof(SchedulerOptions.KvBudgetBytes)}): allow more, or a shorter answer ({nameof(GenerationOptions.MaxTokens)}) or context");
        }
    }

    /// <summary>Counts one more request that waits, unless there are too many. Called by any thread.</summary>
    public bool TryCount(int limit)
    {
        // What a free place takes at once does not wait.
        if (Interlocked.Increment(ref _waitingCount) <= limit + Math.Max(0, _options.MaxConcurrency - _statistics.Active))
        {
            return true;
        }

        Interlocked.Decrement(ref _waitingCount);
        return false;
    }

    /// <summary>Takes a job.</summary>
    public void Add(Job job) => _waiting.Add(job);

    /// <summary>Does the next piece of work.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Advance()
    {
        EndCancelled();
        Admit();
        if (_active.Count == 0)
        {
            return false;
        }

        Job? reader = NextReader();
        Join(reader);
        Step();
        if (reader is { IsReading: true })
        {
            Try(reader, static (job, loop) => job.Read(loop._choice));
        }

        EndFailed();
        return true;
    }

    /// <summary>Fails all jobs.</summary>
    public void End(Exception error)
    {
        while (_waiting.Peek() is { } job)
        {
            _waiting.Take(job);
            Interlocked.Decrement(ref _waitingCount);
            End(job, error);
        }

        while (_active.Count > 0)
        {
            End(_active[^1], error);
        }
    }

    /// <summary>Frees keys and values, and deletes files.</summary>
    public void Dispose()
    {
        _cache.Dispose();
        _spill?.Dispose();
        _root.Dispose();
        _batch.Dispose();
    }

    private static long FreeBytes(Engine engine)
    {
        long free = long.MaxValue;
        foreach (DeviceLayers part in engine.Placement)
        {
            if (part.Device.FreeMemoryBytes is { } bytes)
            {
                free = Math.Min(free, (long)(0.75 * bytes * engine.Config.Layers.Count / part.Count));
            }
        }

        return Math.Min(free, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4);
    }

    private static long PagesOf(int tokens) => (tokens + KvLayout.PageTokens - 1) / KvLayout.PageTokens;

    private static long Mebibytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    /// <summary>Some job was cancelled. Called by any thread.</summary>
    public void NoteCancellation() => Volatile.Write(ref _isAnyCancelled, true);

    private void EndCancelled()
    {
        if (!Interlocked.Exchange(ref _isAnyCancelled, false))
        {
            return;
        }

        foreach (Job job in _waiting.TakeCancelled())
        {
            Interlocked.Decrement(ref _waitingCount);
            End(job, Cancelled(job));
        }

        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].IsCancelled)
            {
                End(_active[i], Cancelled(_active[i]));
            }
        }
    }

    private static OperationCanceledException Cancelled(Job job) => new("the answer was cancelled", job.Cancellation);

    /// <summary>Lets jobs begin, in their order, while there are places and memory. One that does not fit holds up those behind it, so that its time comes.</summary>
    private void Admit()
    {
        foreach (Job job in _active)
        {
            if (job.Session is not null || job.Failure is not null || (job.WaitsFor is { } other && IsReading(other, job.WaitsForLength)))
            {
                continue;
            }

            job.WaitsFor = null;
            if (!TryStart(job))
            {
                // Its memory went to somebody else meanwhile: it has the first turn from now on.
                return;
            }
        }

        while (_active.Count < _options.MaxConcurrency && _waiting.Peek() is { } next)
        {
            if (!TryStart(next))
            {
                return;
            }

            _waiting.Take(next);
            Interlocked.Decrement(ref _waitingCount);
            _active.Add(next);
            Publish();
        }
    }

    /// <summary>Whether a job is going to have read more of its prompt than it has.</summary>
    private bool IsReading(Job job, int length) => _active.Contains(job) && job.IsReading && !(CanForkWithin(job) && job.Session!.Tokens.Count >= length);

    /// <summary>Whether a session may be forked while its prompt is read: between two chunks rows are whole, what methods know is not.</summary>
    private static bool CanForkWithin(Job job) => job.Attention is { Decode: null, Transform: null };

    /// <summary>Gives a job a session that has read as much of its prompt as any has.</summary>
    /// <returns>Whether it has begun, or waits for one that reads the same; false where there is no memory.</returns>
    private bool TryStart(Job job)
    {
        PrefixMatch match = new(null, 0);
        if (job.Attention.Prefill is null)
        {
            match = _cache.Find(job.AttentionKey, job.Prompt);
            foreach (Job other in _active)
            {
                if (other.Session is null || other.AttentionKey != job.AttentionKey || other == job)
                {
                    continue;
                }

                if (!other.IsReading || CanForkWithin(other))
                {
                    int common = other.Session.Reader.TokenSpan.CommonPrefixLength(job.Prompt);
                    match = common > match.Length ? new PrefixMatch(other.Session, common) : match;
                }
            }

            if (FindReader(job, match.Length) is { } reader)
            {
                job.WaitsFor = reader;
                return true;
            }
        }

        if (!MakeRoom(job, match))
        {
            return false;
        }

        try
        {
            Session? saved = job.Attention.Prefill is null
                ? _spill?.Take(job.AttentionKey, job.Prompt, match.Length, () => _root.ForkWithin(job.Attention))
                : null;
            job.Start(_batch, saved ?? (match.Session ?? _root).ForkWithin(job.Attention));
        }
        catch (Exception e) when (!_engine.Lifetime.IsEnding)
        {
            // Its options are wrong for the model: it begins, and ends with that.
            job.Failure = e;
        }

        return true;
    }

    /// <summary>A job that is reading a prompt which begins like this one's, farther than what was read before.</summary>
    private Job? FindReader(Job job, int length)
    {
        Job? best = null;
        int most = length + WorthWaiting - 1;
        foreach (Job other in _active)
        {
            if (other.IsReading && other.AttentionKey == job.AttentionKey && other.Attention.Transform is null)
            {
                // The last token of a prompt is read by everyone: its logits are.
                int common = Math.Min(other.Prompt.AsSpan().CommonPrefixLength(job.Prompt), job.Prompt.Length - 1);
                if (common > most && other.Session!.Tokens.Count < common)
                {
                    (best, most) = (other, common);
                }
            }
        }

        job.WaitsForLength = most;
        return best;
    }

    /// <summary>Lets cached sessions go until a job has room to its end, whatever the others come to.</summary>
    private bool MakeRoom(Job job, PrefixMatch match)
    {
        long growth = 0;
        foreach (Job other in _active)
        {
            if (other.Session is { } session)
            {
                // A fork holds all pages of what it came from until its prompt is read; those that the prompt does not begin with are not its own.
                long held = other.IsReading
                    ? PagesOf(session.Reader.TokenSpan.CommonPrefixLength(other.Prompt))
                    : session.Reader.Cache.SizeBytes / _pageBytes;
                growth += Math.Max(0, PagesOf(other.MostTokens) - held) + 1;
            }
        }

        // A page that is shared in part is copied.
        long needed = PagesOf(job.MostTokens) - (match.Length / KvLayout.PageTokens);
        while (_root.Reader.Cache.PoolBytes + ((growth + needed) * _pageBytes) > _budgetBytes)
        {
            if (!_cache.Evict(match.Session))
            {
                // Where nothing computes, what the prompt has in common with the last one that is kept is all that stays of it.
                return !_active.Exists(static other => other.Session is not null);
            }
        }

        return true;
    }

    /// <summary>Computes one more token of each answer, and reads the prompts that join.</summary>
    private void Step()
    {
        _stepping.Clear();
        _stepping.AddRange(_active);
        _stepping.RemoveAll(static job => !job.IsStepping);
        foreach (Job job in _stepping)
        {
            if (job.Session!.Tokens.Count == job.Session.ContextLength)
            {
                Try(job, static (job, loop) => { job.Shift(loop._batch); return false; });
            }
        }

        _stepping.RemoveAll(static job => !job.IsStepping || job.Session is null);
        if (_stepping.Count + _joining.Count == 0)
        {
            return;
        }

        _sessions.Clear();
        _tokens.Clear();
        _prompts.Clear();
        foreach (Job job in _stepping)
        {
            _sessions.Add(job.Session!);
            _tokens.Add(job.Next);
        }

        foreach (Job job in _joining)
        {
            _prompts.Add(job.Reading);
        }

        try
        {
            _batch.Step(CollectionsMarshal.AsSpan(_sessions), CollectionsMarshal.AsSpan(_tokens), CollectionsMarshal.AsSpan(_prompts));
        }
        catch (WinnowException) when (_stepping.Count + _joining.Count > 1)
        {
            // One of them has no memory, say: each for itself, so that the others go on.
            foreach (Job job in _stepping)
            {
                Try(job, static (job, loop) =>
                {
                    loop._batch.Step([job.Session!], [job.Next]);
                    return job.Choose();
                });
            }

            foreach (Job job in _joining)
            {
                Try(job, static (job, loop) => job.Read(loop._choice));
            }

            return;
        }
        catch (WinnowException e)
        {
            End(_stepping.Count > 0 ? _stepping[0] : _joining[0], e);
            return;
        }

        foreach (Job job in _stepping)
        {
            Try(job, static (job, _) => job.Choose());
        }

        foreach (Job job in _joining)
        {
            Try(job, static (job, loop) =>
            {
                job.Reading.Report();
                return job.EndPrompt(loop._choice);
            });
        }
    }

    /// <summary>Whose prompt is read next: the one that is done first and the oldest in turn, so that short ones are quick and long ones get there.</summary>
    private Job? NextReader()
    {
        _readsShortest = !_readsShortest;
        Job? next = null;
        foreach (Job job in _active)
        {
            if (job.IsReading && (next is null || (_readsShortest && job.Left < next.Left)))
            {
                next = job;
            }
        }

        return next;
    }

    /// <summary>Finds prompts that the next step reads along: the one whose turn it is, and others that fit beside it.</summary>
    private void Join(Job? reader)
    {
        _joining.Clear();
        if (reader is null)
        {
            return;
        }

        int room = _batch.PromptRows;
        room -= TryJoin(reader, room);
        if (_joining.Count == 0)
        {
            return;
        }

        foreach (Job job in _active.Where(job => job.IsReading && job != reader).ToArray())
        {
            room -= TryJoin(job, room);
        }
    }

    /// <summary>Lets a prompt join where all that is left of it fits.</summary>
    /// <returns>The rows that it takes.</returns>
    private int TryJoin(Job job, int room)
    {
        // What a transforming method does to a prompt takes its time: that is no part of a step.
        if (job.Left > room || job.Attention.Transform is not null)
        {
            return 0;
        }

        int rows = 0;
        Try(job, (job, _) =>
        {
            rows = job.Reading.RowsToJoin();
            return false;
        });
        if (rows == 0 || rows > room)
        {
            return 0;
        }

        _joining.Add(job);
        return rows;
    }

    private void EndFailed()
    {
        for (int i = _active.Count - 1; i >= 0; i--)
        {
            if (_active[i].Failure is { } failure)
            {
                End(_active[i], failure);
            }
        }
    }

    /// <summary>Does a piece of one job's work; what fails, a stage of its own sampler for example, ends this job alone.</summary>
    private void Try(Job job, Func<Job, SchedulerLoop, bool> work)
    {
        try
        {
            if (work(job, this))
            {
                End(job, null);
            }
        }
        catch (Exception e) when (!_engine.Lifetime.IsEnding)
        {
            End(job, e);
        }
    }

    private void End(Job job, Exception? error)
    {
        _active.Remove(job);
        bool isCancelled = error is OperationCanceledException;
        GenerationStatistics? took = job.Statistics;
        _statistics = _statistics with
        {
            PromptTokens = _statistics.PromptTokens + (took?.PromptTokens ?? 0),
            CachedTokens = _statistics.CachedTokens + (took?.CachedTokens ?? 0),
            GeneratedTokens = _statistics.GeneratedTokens + (took?.GeneratedTokens ?? 0),
            Completed = _statistics.Completed + (error is null ? 1 : 0),
            Cancelled = _statistics.Cancelled + (isCancelled ? 1 : 0),
            Failed = _statistics.Failed + (error is not null && !isCancelled ? 1 : 0),
        };
        if (job.Release() is { } session)
        {
            if (error is null || isCancelled)
            {
                _cache.Add(session);
            }
            else
            {
                session.Dispose();
            }
        }

        Publish();
        job.End(took, error);
    }

    private void Publish() => _statistics = _statistics with
    {
        Active = _active.Count,
        PrefixCacheBytes = _cache.SizeBytes,
        SpilledBytes = _spill?.SizeBytes ?? 0,
    };
}
