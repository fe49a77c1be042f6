using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;

namespace Winnow.Generation;

/// <summary>A look inside of a session: logits, single steps, and what keys and values take. For measuring, and for sampling of one's own.</summary>
/// <remarks>What computes follows the rules of <see cref="Session"/>: one caller at a time.</remarks>
public sealed class SessionDiagnostics
{
    private readonly Session _session;

    internal SessionDiagnostics(Session session)
    {
        _session = session;
    }

    /// <summary>How much of the cache the decode steps since the last prompt have read.</summary>
    public AttentionStatistics AttentionStatistics => _session.Reader.Attention.Statistics;

    /// <summary>Bytes that keys and values take.</summary>
    public long KvBytes => _session.Reader.Cache.SizeBytes;

    /// <summary>What the session and its weights take on each device, in the order of layers, as of now.</summary>
    public IReadOnlyList<DeviceLayers> Memory =>
    [
        .. _session.Engine.Placement.Select((layers, device) => layers with
        {
            KvBytes = _session.Reader.Cache.SizeBytesOf(layers.First, layers.Count),
            ScratchBytes = _session.Reader.ScratchBytesOn(device),
        }),
    ];

    /// <summary>The folder of the scratch files that keys and values lie in; null where they lie in memory.</summary>
    public string? ScratchDirectory => _session.Reader.Cache.Placement.Tier == KvTier.Disk ? _session.Reader.Cache.Placement.Directory ?? Path.GetTempPath() : null;

    /// <summary>Bytes that keys and values will take when the context is full.</summary>
    public long KvFullBytes => _session.Reader.Cache.Layouts.Sum(layout => (long)layout.KvHeads * layout.TokenBytes) * _session.ContextLength;

    /// <summary>Bytes in memory of keys, values and what the attention method keeps beside them, as measured now.</summary>
    public long KvResidentBytes => _session.Reader.Cache.ResidentBytes + _session.Reader.Attention.StateBytes;

    /// <summary>Bytes of keys and values that each decode step since the last prompt has read, on average.</summary>
    public double KvReadBytesPerToken => AttentionStatistics.Steps == 0
        ? 0
        : (double)AttentionStatistics.AttendedRows * _session.Reader.Cache.Layouts.Max(layout => layout.TokenBytes) / AttentionStatistics.Steps;

    /// <summary>The part of the bytes visited which was in memory before; 1 unless keys and values lie on disk.</summary>
    public double KvHitRate => _session.Reader.Cache.HitRate;

    /// <summary>The logits after the session's last token, as the model gave them, [vocabulary]; overwritten by the next computation.</summary>
    /// <exception cref="InvalidOperationException">
    /// They were not computed: the session is empty, was cut or loaded since, or its device chose the most probable tokens itself.
    /// </exception>
    public ReadOnlySpan<float> Logits => _session.Reader.Logits;

    /// <summary>
    /// Fills an empty session with random keys and values in the place of those of a prompt, to measure speed at depth without
    /// the wait. Only the prompt's end is computed: attention methods begin with what it looks at.
    /// </summary>
    /// <param name="prompt">The tokens that the session shall claim to have read.</param>
    /// <param name="seed">Same seed, same keys and values.</param>
    /// <param name="cancellationToken">Stops the computation of the end.</param>
    /// <exception cref="InvalidOperationException">The session is not empty.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public void FillRandomly(IReadOnlyList<int> prompt, int seed = 1, CancellationToken cancellationToken = default)
    {
        _session.CheckPrompt(prompt);
        _session.Use.Run(
            stop =>
            {
                if (_session.Tokens.Count > 0)
                {
                    throw new InvalidOperationException($"only an empty session can be filled randomly; this one holds {_session.Tokens.Count} tokens");
                }

                _session.Reader.FillRandomly(prompt, seed, stop);
            },
            cancellationToken);
    }

    /// <summary>Computes one more token, whatever the model would have said, and returns the logits after it.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        _session.Lifetime.Enter();
        try
        {
            _session.Use.Begin();
            try
            {
                return _session.Reader.Step(token);
            }
            finally
            {
                _session.Use.End();
            }
        }
        finally
        {
            _session.Lifetime.Leave();
        }
    }

    /// <summary>Computes more tokens one by one, as an answer is, whatever the model would have said.</summary>
    /// <param name="tokens">What follows.</param>
    /// <param name="visit">Given the index of each token in the list, in order, and the logits after it, [vocabulary], valid during the call; null for nobody.</param>
    /// <param name="cancellationToken">Stops between tokens; those that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The tokens do not fit; nothing was changed.</exception>
    public void Force(IReadOnlyList<int> tokens, Action<int, ReadOnlySpan<float>>? visit = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count > _session.ContextLength - _session.Tokens.Count)
        {
            throw new ContextOverflowException(_session.Tokens.Count + tokens.Count, _session.ContextLength);
        }

        _session.Use.Run(stop => _session.Reader.Force(tokens, visit, stop), cancellationToken);
    }

    /// <summary>
    /// Computes tokens that may follow or not, a draft, in one pass where the attention method allows: the logits after each are those of
    /// <see cref="Step"/>. <see cref="Session.Truncate"/> takes back what turns out to be wrong.
    /// </summary>
    /// <param name="draft">What may follow.</param>
    /// <param name="visit">Given the index of each token in the draft, in order, and the logits after it, [vocabulary], valid during the call.</param>
    /// <param name="cancellationToken">Stops between passes; the tokens that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The tokens do not fit; nothing was changed.</exception>
    public void Verify(IReadOnlyList<int> draft, Action<int, ReadOnlySpan<float>> visit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(visit);
        if (draft.Count > _session.ContextLength - _session.Tokens.Count)
        {
            throw new ContextOverflowException(_session.Tokens.Count + draft.Count, _session.ContextLength);
        }

        _session.Use.Run(stop => _session.Reader.Verify(draft, visit, stop), cancellationToken);
    }

    /// <summary>Computes a sequence from an empty cache and hands out the logits after each of its tokens.</summary>
    /// <param name="tokens">The sequence; it replaces what the session held.</param>
    /// <param name="chunkTokens">Tokens that are computed at once, if the device prefers no fewer; as many rows of logits are held in memory.</param>
    /// <param name="visit">Given the index of each token in the sequence, in order, and the logits after it, [vocabulary], valid during the call.</param>
    /// <param name="cancellationToken">Stops within a chunk; the chunks that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The sequence does not fit; nothing was changed.</exception>
    public void VisitLogits(IReadOnlyList<int> tokens, int chunkTokens, Action<int, ReadOnlySpan<float>> visit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkTokens);
        if (tokens.Count > _session.ContextLength)
        {
            throw new ContextOverflowException(tokens.Count, _session.ContextLength);
        }

        _session.Use.Run(
            stop =>
            {
                _session.Reader.Truncate(0);
                _session.Reader.ReadLogits([.. tokens], chunkTokens, visit, stop);
            },
            cancellationToken);
    }
}
