using System.Diagnostics;
using Winnow.Models.Forward;

namespace Winnow.Generation;

/// <summary>A prompt that a <see cref="SessionBatch"/> reads into a session, slice by slice.</summary>
internal sealed class BatchPrompt : IDisposable
{
    /// <summary>Rows of the first chunk, before their time is known.</summary>
    private const int FirstChunk = 32;

    /// <summary>Chunks have whole tiles of the matrix kernels.</summary>
    private const int ChunkStep = 16;

    /// <summary>How much of a slice the longest part of a chunk should take; it varies by about the rest.</summary>
    private const double PartOfSlice = 0.8;

    private readonly SessionBatch _batch;
    private readonly IReadOnlyList<int> _prompt;
    private readonly IProgress<PrefillProgress>? _progress;
    private ForwardPass? _pass;
    private PromptReading? _reading;

    /// <summary>What the last part of each stage took, in seconds: what the next one will take.</summary>
    private readonly double[] _stageSeconds = new double[(int)PassStage.Done + 1];
    private int _chunk = FirstChunk;
    private int _rows;
    private double _passSeconds;

    internal BatchPrompt(SessionBatch batch, Session session, IReadOnlyList<int> prompt, IProgress<PrefillProgress>? progress)
    {
        _batch = batch;
        Session = session;
        _prompt = prompt;
        _progress = progress;
        session.Use.Begin();
        _pass = batch.Rent();
    }

    /// <summary>Where the prompt goes.</summary>
    public Session Session { get; }

    /// <summary>Tokens of the prompt that did not have to be read; known after the first slice.</summary>
    public int CachedTokens => _reading?.CachedTokens ?? 0;

    /// <summary>
    /// Gets the prompt ready to be read, and says how many tokens <see cref="SessionBatch.Step"/> may read of it along with other sessions:
    /// all that are left, or 0 where they are too many for one part of a pass, or are being read.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The session, the batch or the engine was disposed, or this prompt is done.</exception>
    public int RowsToJoin() => _batch.Run(Session, stop => Begin(stop).RowsToJoin, CancellationToken.None);

    /// <summary>Computes for about <see cref="SessionBatchOptions.PromptSlice"/>, or for as long as the last step took.</summary>
    /// <param name="cancellationToken">Stops within the slice and gives the prompt up; the chunks that were computed stay.</param>
    /// <returns>Whether there is more to do. Once there is not, the session is free, and its <see cref="SessionDiagnostics.Logits"/> are those after the prompt.</returns>
    /// <exception cref="ObjectDisposedException">The session, the batch or the engine was disposed, or this prompt is done.</exception>
    public bool Advance(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_pass is null, this);
        bool isMore = false;
        try
        {
            isMore = _batch.Run(Session, Compute, cancellationToken);
        }
        finally
        {
            if (!isMore)
            {
                Dispose();
            }
        }

        return isMore;
    }

    /// <summary>Gives up what is not read yet, and lets the session go.</summary>
    public void Dispose()
    {
        if (_pass is { } pass)
        {
            _pass = null;
            _batch.Return(pass);
            Session.Use.End();
        }
    }

    /// <summary>Tells whoever wants to know how far the prompt is; <see cref="Advance"/> does so itself.</summary>
    public void Report() => _reading?.Report();

    /// <summary>What is left as a part of a step; <see cref="EndRest"/> follows it.</summary>
    internal Segment BeginRest()
    {
        ObjectDisposedException.ThrowIf(_pass is null, this);
        return Begin(CancellationToken.None).BeginRest();
    }

    /// <summary>The step is done.</summary>
    internal void EndRest()
    {
        _reading!.EndRest();
        Dispose();
    }

    private PromptReading Begin(CancellationToken stop)
    {
        ObjectDisposedException.ThrowIf(_pass is null, this);
        return _reading ??= Session.BeginPrompt(_prompt, _pass, _progress, stop);
    }

    private bool Compute(CancellationToken stop)
    {
        double slice = _batch.PromptSlice.TotalSeconds;
        long start = Stopwatch.GetTimestamp();
        PromptReading reading = Begin(stop);
        ForwardPass pass = _pass!;
        bool isMore;
        do
        {
            reading.Chunk = _chunk;
            PassStage stage = pass.Stage;
            long begun = Stopwatch.GetTimestamp();
            isMore = reading.Advance(stop);
            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            _stageSeconds[(int)stage] = seconds;
            _passSeconds += seconds;
            if (stage == PassStage.Project)
            {
                _rows = pass.Rows.Rows;
            }
            else if (stage == PassStage.Transform && pass.Rows.Rows == _rows)
            {
                Adapt(slice);
            }
            else if (stage == PassStage.Output)
            {
                _batch.NotePromptRows(pass.Rows.Segments[0].Rows, _passSeconds);
                _passSeconds = 0;
            }
        }
        while (isMore && Stopwatch.GetElapsedTime(start).TotalSeconds + _stageSeconds[(int)pass.Stage] <= slice);

        return isMore;
    }

    /// <summary>
    /// Goes on with chunks whose longest part, the feed-forward block, takes most of a slice: the more rows, the less each costs.
    /// (The last layer does not count: few rows come out of it.)
    /// </summary>
    private void Adapt(double slice)
    {
        double fitting = PartOfSlice * slice * _rows / Math.Max(_stageSeconds[(int)PassStage.Transform], 1e-6);
        _chunk = Math.Max((int)Math.Min(fitting, 2 * _rows) / ChunkStep, 1) * ChunkStep;
    }
}
