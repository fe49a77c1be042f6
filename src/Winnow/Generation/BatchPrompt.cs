using System.Diagnostics;
using Winnow.Models.Forward;

namespace Winnow.Generation;

/// <summary>A prompt that a <see cref="SessionBatch"/> reads into a session, slice by slice.</summary>
public sealed class BatchPrompt : IDisposable
{
    /// <summary>Rows of the first chunk, before their time is known.</summary>
    private const int FirstChunk = 32;

    /// <summary>Chunks have whole tiles of the matrix kernels.</summary>
    private const int ChunkStep = 16;

    private readonly SessionBatch _batch;
    private readonly IReadOnlyList<int> _prompt;
    private ForwardPass? _pass;
    private PromptReading? _reading;

    /// <summary>The time that the longest part of recent chunks took, for each of its rows.</summary>
    private double _rowSeconds;

    internal BatchPrompt(SessionBatch batch, Session session, IReadOnlyList<int> prompt)
    {
        _batch = batch;
        Session = session;
        _prompt = prompt;
        session.Use.Begin();
        _pass = batch.Rent();
    }

    /// <summary>Where the prompt goes.</summary>
    public Session Session { get; }

    /// <summary>Tokens of the prompt that did not have to be read; known after the first slice.</summary>
    public int CachedTokens => _reading?.CachedTokens ?? 0;

    /// <summary>Computes for about <see cref="SessionBatchOptions.PromptSlice"/>.</summary>
    /// <param name="cancellationToken">Stops within the slice and gives the prompt up; the chunks that were computed stay.</param>
    /// <returns>Whether there is more to do. Once there is not, the session is free, and its <see cref="Session.Logits"/> are those after the prompt.</returns>
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

    private bool Compute(CancellationToken stop)
    {
        double slice = _batch.Options.PromptSlice.TotalSeconds;
        long start = Stopwatch.GetTimestamp();
        _reading ??= Session.BeginPrompt(_prompt, _pass!, stop);
        double longest = 0;
        do
        {
            _reading.Chunk = ChunkFor(slice);
            long begun = Stopwatch.GetTimestamp();
            if (!_reading.Advance(stop))
            {
                return false;
            }

            double seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
            longest = Math.Max(longest, seconds);
            _rowSeconds = Math.Max(_rowSeconds * 0.99, seconds / _pass!.Rows.Rows);
        }
        while (Stopwatch.GetElapsedTime(start).TotalSeconds + longest <= slice);

        return true;
    }

    /// <summary>So many rows that no part of their way through a layer takes longer than a slice.</summary>
    private int ChunkFor(double slice) => _rowSeconds == 0
        ? FirstChunk
        : Math.Max((int)Math.Min(slice / _rowSeconds, 1 << 20) / ChunkStep * ChunkStep, ChunkStep);
}
