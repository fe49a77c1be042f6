using System.Diagnostics;
using Winnow.Generation;

namespace Winnow.Lab.Speed;

/// <summary>Measures sessions that compute together as a <see cref="Scheduling.Scheduler"/> lets them: a token of each in one pass, a prompt in slices between.</summary>
/// <param name="engine">The model.</param>
/// <param name="promptSlice">How long a slice of a prompt should take, about.</param>
public sealed class BatchSpeed(Engine engine, TimeSpan promptSlice) : IDisposable
{
    private readonly SessionBatch _batch = (engine ?? throw new ArgumentNullException(nameof(engine))).CreateBatch(new SessionBatchOptions { PromptSlice = promptSlice });

    /// <summary>Decodes a token of each session, so many times.</summary>
    /// <param name="sessions">Sessions of the engine, with room for the tokens.</param>
    /// <param name="steps">Tokens of each.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <returns>Tokens of all sessions a second.</returns>
    public double Decode(IReadOnlyList<Session> sessions, int steps, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        Session[] members = [.. sessions];
        int[] tokens = new int[members.Length];
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _batch.Step(members, tokens);
        }

        return (double)steps * members.Length / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Decodes on while a prompt is read, each slice of which delays the next token of the others.</summary>
    /// <param name="sessions">Sessions of the engine, with room for a token of each slice.</param>
    /// <param name="reader">Another session, with room for the prompt.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="cancellationToken">Stops between slices.</param>
    /// <returns>The times between two tokens of a session, and that of the whole prompt.</returns>
    public (IReadOnlyList<TimeSpan> Gaps, TimeSpan Prompt) DecodeBesidePrompt(
        IReadOnlyList<Session> sessions, Session reader, IReadOnlyList<int> prompt, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sessions);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(prompt);
        Session[] members = [.. sessions];
        int[] tokens = new int[members.Length];
        List<TimeSpan> gaps = [];
        using BatchPrompt reading = _batch.BeginPrompt(reader, prompt);
        long start = Stopwatch.GetTimestamp();
        long last = start;
        for (bool isMore = true; isMore;)
        {
            isMore = reading.Advance(cancellationToken);
            _batch.Step(members, tokens);
            gaps.Add(Stopwatch.GetElapsedTime(last));
            last = Stopwatch.GetTimestamp();
        }

        return (gaps, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Frees what passes of several sessions take.</summary>
    public void Dispose() => _batch.Dispose();
}
