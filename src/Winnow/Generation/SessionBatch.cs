using System.Diagnostics;
using System.Runtime.InteropServices;
using Winnow.Models.Forward;

namespace Winnow.Generation;

/// <summary>
/// Sessions of one engine that compute together. A step of several sessions reads each weight once for all of them; short prompts are
/// read along with it, longer ones in slices between steps. What a session computes does not depend on its company. Used by one thread at a time.
/// </summary>
/// <remarks>
/// The sessions stay their callers': each may join for a step or a prompt and leave again, in whatever phase, with whatever
/// attention method. The logits of a step or a prompt are <see cref="SessionDiagnostics.Logits"/>; a <see cref="Sampling.Sampler"/> chooses from them.
/// </remarks>
internal sealed class SessionBatch : IDisposable
{
    private readonly Engine _engine;
    private readonly Lifetime _lifetime;
    private readonly ForwardPass _steps;
    private readonly Stack<ForwardPass> _prompts = [];
    private readonly List<ForwardPass> _passes = [];
    private readonly List<Segment> _segments = [];
    private TimeSpan _lastStep;
    private double _rowSeconds = double.PositiveInfinity;

    internal SessionBatch(Engine engine, SessionBatchOptions options)
    {
        _engine = engine;
        Options = options;
        Work = engine.CreateWorkspace();
        _steps = new ForwardPass(engine.Transformer, Work);
        _passes.Add(_steps);
        _lifetime = new Lifetime(typeof(SessionBatch), Free, engine.Lifetime);
    }

    /// <summary>How the sessions compute together.</summary>
    public SessionBatchOptions Options { get; }

    /// <summary>How long a slice of a prompt may take.</summary>
    internal TimeSpan PromptSlice => _lastStep > Options.PromptSlice ? _lastStep : Options.PromptSlice;

    /// <summary>How many tokens of prompts a step may read along, so that it takes about a slice longer; 0 before any were timed.</summary>
    public int PromptRows => (int)Math.Min(PromptSlice.TotalSeconds / _rowSeconds, Work.Chunk / 2);

    /// <summary>Buffers of all passes.</summary>
    internal Workspace Work { get; }

    /// <summary>
    /// Computes one more token of each session in one pass, and what is left of some prompts with them. Where there are none, it allocates
    /// nothing from the second step of as many sessions on.
    /// </summary>
    /// <param name="sessions">Different sessions of the engine.</param>
    /// <param name="tokens">The token that each goes on with, [sessions].</param>
    /// <param name="prompts">Prompts of further sessions that <see cref="BatchPrompt.RowsToJoin"/> allows; they are done afterwards, but <see cref="BatchPrompt.Report"/> is left to the caller.</param>
    /// <exception cref="ContextOverflowException">The context of a session is full; no session was changed.</exception>
    /// <exception cref="InvalidOperationException">A session is used by somebody else, or named twice; no session was changed.</exception>
    /// <exception cref="ObjectDisposedException">A session or the engine was disposed, or a prompt is done; no session was changed.</exception>
    public void Step(ReadOnlySpan<Session> sessions, ReadOnlySpan<int> tokens, ReadOnlySpan<BatchPrompt> prompts = default)
    {
        if (sessions.Length != tokens.Length)
        {
            throw new ArgumentException("each session needs its token", nameof(tokens));
        }

        if (sessions.IsEmpty && prompts.IsEmpty)
        {
            return;
        }

        _lifetime.Enter();
        int entered = 0;
        int prompting = 0;
        try
        {
            _segments.Clear();
            for (; entered < sessions.Length; entered++)
            {
                Enter(sessions[entered]);
            }

            for (; prompting < prompts.Length; prompting++)
            {
                prompts[prompting].Session.Lifetime.Enter();
            }

            foreach (Session session in sessions)
            {
                session.Reader.RequireRoom();
            }

            for (int i = 0; i < sessions.Length; i++)
            {
                _segments.Add(sessions[i].Reader.BeginStep(tokens[i]));
            }

            int rows = 0;
            foreach (BatchPrompt prompt in prompts)
            {
                Segment segment = prompt.BeginRest();
                rows += segment.Rows;
                _segments.Add(segment);
            }

            long start = Stopwatch.GetTimestamp();
            _steps.Run(CollectionsMarshal.AsSpan(_segments), CancellationToken.None);
            TimeSpan time = Stopwatch.GetElapsedTime(start);
            foreach (Session session in sessions)
            {
                session.Reader.EndPass();
            }

            foreach (BatchPrompt prompt in prompts)
            {
                prompt.EndRest();
            }

            if (rows == 0)
            {
                _lastStep = time;
            }
            else
            {
                NotePromptRows(rows + sessions.Length, time.TotalSeconds);
            }
        }
        finally
        {
            while (prompting > 0)
            {
                prompts[--prompting].Session.Lifetime.Leave();
            }

            while (entered > 0)
            {
                Leave(sessions[--entered]);
            }

            _lifetime.Leave();
        }
    }

    /// <summary>Begins to compute a prompt into a session, to be done slice by slice between steps of others.</summary>
    /// <param name="session">A session of the engine; nobody else may use it before the prompt is read or disposed.</param>
    /// <param name="prompt">The whole context; what the session holds already is not computed again, but for the end that its attention looks at.</param>
    /// <param name="progress">Told how far it is, after each chunk, and within what is computed as a whole; null for nobody.</param>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The session is used by somebody else.</exception>
    public BatchPrompt BeginPrompt(Session session, IReadOnlyList<int> prompt, IProgress<PrefillProgress>? progress = null)
    {
        CheckOwner(session);
        session.CheckPrompt(prompt);
        return new BatchPrompt(this, session, prompt, progress);
    }

    /// <summary>Frees the memory of the passes; the sessions stay as they are. Prompts that are not read to their end must have been disposed.</summary>
    public void Dispose() => _lifetime.Dispose();

    /// <summary>Runs a part of a prompt's computation.</summary>
    internal T Run<T>(Session session, Func<CancellationToken, T> compute, CancellationToken cancellation) =>
        _lifetime.Run(_ => session.Lifetime.Run(compute, cancellation), CancellationToken.None);

    /// <summary>Some rows took so long: others will.</summary>
    internal void NotePromptRows(int rows, double seconds)
    {
        double latest = seconds / rows;
        _rowSeconds = double.IsFinite(_rowSeconds) ? (_rowSeconds + latest) / 2 : latest;
    }

    /// <summary>A pass for a prompt.</summary>
    internal ForwardPass Rent()
    {
        if (!_prompts.TryPop(out ForwardPass? pass))
        {
            pass = new ForwardPass(_engine.Transformer, Work);
            _passes.Add(pass);
        }

        return pass;
    }

    /// <summary>Takes a pass back.</summary>
    internal void Return(ForwardPass pass) => _prompts.Push(pass);

    private void Enter(Session session)
    {
        CheckOwner(session);
        session.Lifetime.Enter();
        try
        {
            session.Use.Begin();
        }
        catch
        {
            session.Lifetime.Leave();
            throw;
        }
    }

    private static void Leave(Session session)
    {
        session.Use.End();
        session.Lifetime.Leave();
    }

    private void CheckOwner(Session session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Engine != _engine)
        {
            throw new ArgumentException("the session belongs to another engine", nameof(session));
        }
    }

    private void Free()
    {
        _passes.ForEach(pass => pass.Dispose());
        Work.Dispose();
    }
}
