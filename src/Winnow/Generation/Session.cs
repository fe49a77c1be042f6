using System.Diagnostics;
using System.Runtime.CompilerServices;
using Winnow.Attention;
using Winnow.Cache;
using Winnow.Models.Forward;
using Winnow.Sampling;
using Winnow.Templates;

namespace Winnow.Generation;

/// <summary>One conversation: its keys and values, and the tokens they stand for. Used by one caller at a time.</summary>
/// <remarks>
/// A prompt that begins like what the session already holds is computed from the first difference on, so that a chat pays
/// only for its new turn. After a cancelled or failed generation the session stays usable.
/// </remarks>
public sealed class Session : IDisposable
{
    private readonly Engine _engine;
    private readonly Lifetime _lifetime;
    private readonly SoleUse _use;
    private readonly TokenReader _reader;
    private readonly float[] _choice;
    private readonly IPromptTransformer? _transformer;

    internal Session(Engine engine, SessionOptions options)
        : this(engine, options.Attention, CreateReader(engine, options))
    {
    }

    private Session(Engine engine, AttentionOptions attention, TokenReader reader)
    {
        _engine = engine;
        _reader = reader;
        _lifetime = new Lifetime(typeof(Session), Free, engine.Lifetime);
        _use = new SoleUse(_lifetime);
        _choice = new float[engine.Model.VocabularySize];
        Attention = attention;
        _transformer = attention.Transform?.CreateTransformer(engine, ContextLength);
    }

    /// <summary>Tokens that prompt and answer may take together.</summary>
    public int ContextLength => _reader.ContextLength;

    /// <summary>The model.</summary>
    internal Engine Engine => _engine;

    /// <summary>What reads tokens, for whoever holds <see cref="Use"/> inside of <see cref="Lifetime"/>.</summary>
    internal TokenReader Reader => _reader;

    /// <summary>Gives the session to one caller at a time.</summary>
    internal SoleUse Use => _use;

    /// <summary>Entered by whatever computes with the session.</summary>
    internal Lifetime Lifetime => _lifetime;

    /// <summary>How the session attends.</summary>
    public AttentionOptions Attention { get; }

    /// <summary>How much of the cache the decode steps since the last prompt have read.</summary>
    public AttentionStatistics AttentionStatistics => _reader.Attention.Statistics;

    /// <summary>Sees the plan of every layer in every decode step; null for nobody.</summary>
    internal PlanObserver? PlanObserver
    {
        set => _reader.Attention.Observer = value;
    }

    /// <summary>The tokens whose keys and values the session holds.</summary>
    public IReadOnlyList<int> Tokens => _reader.Tokens;

    /// <summary>Bytes that keys and values take.</summary>
    public long KvBytes => _reader.Cache.SizeBytes;

    /// <summary>What the session and its weights take on each device, in the order of layers, as of now.</summary>
    public IReadOnlyList<DeviceMemory> Memory =>
    [
        .. _engine.Placement.Select((layers, device) =>
            new DeviceMemory(layers, _reader.Cache.SizeBytesOf(layers.First, layers.Count), _reader.ScratchBytesOn(device))),
    ];

    /// <summary>The folder of the scratch files that keys and values lie in; null where they lie in memory.</summary>
    public string? ScratchDirectory => _reader.Cache.Placement.Tier == KvTier.Disk ? _reader.Cache.Placement.Directory ?? Path.GetTempPath() : null;

    /// <summary>Bytes that keys and values will take when the context is full.</summary>
    public long KvFullBytes => _reader.Cache.Layouts.Sum(layout => (long)layout.KvHeads * layout.TokenBytes) * ContextLength;

    /// <summary>Bytes in memory of keys, values and what the attention method keeps beside them, as measured now.</summary>
    public long KvResidentBytes => _reader.Cache.ResidentBytes + _reader.Attention.StateBytes;

    /// <summary>Bytes of keys and values that each decode step since the last prompt has read, on average.</summary>
    public double KvReadBytesPerToken => AttentionStatistics.Steps == 0
        ? 0
        : (double)AttentionStatistics.AttendedRows * _reader.Cache.Layouts.Max(layout => layout.TokenBytes) / AttentionStatistics.Steps;

    /// <summary>The part of the bytes visited which was in memory before; 1 unless keys and values lie on disk.</summary>
    public double KvHitRate => _reader.Cache.HitRate;

    /// <summary>What the last generation took; null before the first.</summary>
    public GenerationStatistics? LastGeneration { get; private set; }

    /// <summary>Continues a text.</summary>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        return GenerateAsync(
            _engine.Tokenizer.Encode(prompt, addSpecial: true, options.ParseControlTokens, cancellationToken), options, cancellationToken);
    }

    /// <summary>Answers the last message of a conversation, through the model's chat template.</summary>
    /// <exception cref="ContextOverflowException">The conversation does not fit; nothing was changed.</exception>
    /// <exception cref="ChatTemplateException">The model has no chat template, or it refuses this conversation.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(_engine.EncodeChat(messages, cancellationToken: cancellationToken), options, cancellationToken);

    /// <summary>Continues a sequence of tokens.</summary>
    /// <remarks>Computation runs on threads of the engine, never on the thread pool or on the caller's synchronization context.</remarks>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using IEnumerator<GeneratedToken> steps = Generate(prompt, options, cancellationToken).GetEnumerator();
        ComputeCall<bool> next = new(_engine.ComputeThreads, steps.MoveNext);
        while (await next.RunAsync().ConfigureAwait(false))
        {
            yield return steps.Current;
        }
    }

    /// <summary>Continues a sequence of tokens on the calling thread.</summary>
    /// <remarks>Nothing comes where the constraint allows no text but the empty one, and the model has no token that ends it.</remarks>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The session is generating already.</exception>
    public IEnumerable<GeneratedToken> Generate(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        CheckPrompt(prompt);
        return Run(prompt, options, cancellationToken);
    }

    /// <summary>The logits after the session's last token, as the model gave them, [vocabulary]; overwritten by the next computation.</summary>
    /// <exception cref="InvalidOperationException">
    /// They were not computed: the session is empty, was cut or loaded since, or its device chose the most probable tokens itself.
    /// </exception>
    public ReadOnlySpan<float> Logits => _reader.Logits;

    /// <summary>Computes tokens into the session without generating, for measuring and for preparing a shared prefix.</summary>
    /// <param name="prompt">The whole context; what the session holds already is not computed again, but for the end that its attention looks at.</param>
    /// <param name="chunkTokens">Tokens that are computed at once, if the device prefers no fewer; null leaves it to the device.</param>
    /// <param name="progress">Told how far it is, after each chunk, and within what is computed as a whole.</param>
    /// <param name="cancellationToken">Stops within a chunk; the chunks that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public void Prefill(
        IReadOnlyList<int> prompt,
        int? chunkTokens = null,
        IProgress<PrefillProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckPrompt(prompt);
        int chunk = chunkTokens ?? int.MaxValue;
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk, nameof(chunkTokens));
        _use.Run(stop => _reader.ReadPrompt(Transform(prompt, stop), chunk, progress, stop), cancellationToken);
    }

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
        CheckPrompt(prompt);
        _use.Run(
            stop =>
            {
                if (Tokens.Count > 0)
                {
                    throw new InvalidOperationException($"only an empty session can be filled randomly; this one holds {Tokens.Count} tokens");
                }

                _reader.FillRandomly(prompt, seed, stop);
            },
            cancellationToken);
    }

    /// <summary>Computes one more token, whatever the model would have said, and returns the logits after it.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        _lifetime.Enter();
        try
        {
            _use.Begin();
            try
            {
                return _reader.Step(token);
            }
            finally
            {
                _use.End();
            }
        }
        finally
        {
            _lifetime.Leave();
        }
    }

    /// <summary>Computes more tokens one by one, as an answer is, whatever the model would have said.</summary>
    /// <param name="tokens">What follows.</param>
    /// <param name="visit">Given the logits after each token, in order; null for nobody.</param>
    /// <param name="cancellationToken">Stops between tokens; those that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The tokens do not fit; nothing was changed.</exception>
    public void Force(IReadOnlyList<int> tokens, LogitsVisitor? visit = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Count > ContextLength - Tokens.Count)
        {
            throw new ContextOverflowException(Tokens.Count + tokens.Count, ContextLength);
        }

        _use.Run(stop => _reader.Force(tokens, visit, stop), cancellationToken);
    }

    /// <summary>
    /// Computes tokens that may follow or not, a draft, in one pass where the attention method allows: the logits after each are those of
    /// <see cref="Step"/>. <see cref="Truncate"/> takes back what turns out to be wrong.
    /// </summary>
    /// <param name="draft">What may follow.</param>
    /// <param name="visit">Given the logits after each token, in order.</param>
    /// <param name="cancellationToken">Stops between passes; the tokens that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The tokens do not fit; nothing was changed.</exception>
    public void Verify(IReadOnlyList<int> draft, LogitsVisitor visit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(visit);
        if (draft.Count > ContextLength - Tokens.Count)
        {
            throw new ContextOverflowException(Tokens.Count + draft.Count, ContextLength);
        }

        _use.Run(stop => _reader.Verify(draft, visit, stop), cancellationToken);
    }

    /// <summary>Computes a sequence from an empty cache and hands out the logits after each of its tokens.</summary>
    /// <param name="tokens">The sequence; it replaces what the session held.</param>
    /// <param name="chunkTokens">Tokens that are computed at once, if the device prefers no fewer; as many rows of logits are held in memory.</param>
    /// <param name="visit">Called once for each token, in order.</param>
    /// <param name="cancellationToken">Stops within a chunk; the chunks that were computed stay.</param>
    /// <exception cref="ContextOverflowException">The sequence does not fit; nothing was changed.</exception>
    public void VisitLogits(IReadOnlyList<int> tokens, int chunkTokens, LogitsVisitor visit, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(visit);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkTokens);
        if (tokens.Count > ContextLength)
        {
            throw new ContextOverflowException(tokens.Count, ContextLength);
        }

        _use.Run(
            stop =>
            {
                _reader.Truncate(0);
                _reader.ReadLogits([.. tokens], chunkTokens, visit, stop);
            },
            cancellationToken);
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens: the session goes on as if it had never read the others.</summary>
    /// <remarks>An attention method that learns from each step may have to repeat a few of them.</remarks>
    public void Truncate(int length) => _use.Run(_ => _reader.Truncate(length));

    /// <summary>A second session that begins where this one stands; both share the memory of what they have in common.</summary>
    /// <param name="attention">
    /// How the second one attends; null for the same way. A method begins with the end of a prompt: give the second session one,
    /// the same or a longer, before it decodes; what the method looks at is computed again.
    /// </param>
    public Session Fork(AttentionOptions? attention = null) =>
        _use.Run(_ => new Session(_engine, attention ?? Attention, _reader.Fork(attention ?? Attention)));

    /// <summary>Writes the session's tokens, keys and values to a file; an older file of that name is replaced only on success.</summary>
    /// <exception cref="WinnowException">The file cannot be written, for example because the disk is full.</exception>
    public void Save(string path) => _use.Run(_ => _reader.Save(path));

    /// <summary>Replaces the session's content by a saved one.</summary>
    /// <exception cref="WinnowException">The file is damaged, or belongs to another model or to another KV type; the session is unchanged.</exception>
    /// <exception cref="ContextOverflowException">It holds more tokens than this session may; the session is unchanged.</exception>
    public void Load(string path) => _use.Run(_ => _reader.Load(path));

    /// <summary>
    /// Frees the memory of keys, values and scratch. A computation that is running stops at the next layer with an
    /// <see cref="ObjectDisposedException"/> and is waited for, unless this is called from inside of it.
    /// </summary>
    public void Dispose() => _lifetime.Dispose();

    private void Free()
    {
        _reader.Dispose();
        _transformer?.Dispose();
    }

    private IEnumerable<GeneratedToken> Run(IReadOnlyList<int> prompt, GenerationOptions options, CancellationToken cancellationToken)
    {
        _use.Begin();
        try
        {
            long start = Stopwatch.GetTimestamp();
            Sampler sampler = _engine.CreateSampler(options.Sampling, options.Constraint);
            _reader.Candidates = _engine.Device.FindsCandidates && sampler.CandidatesNeeded is { } needed
                ? new TokenCandidates(Math.Min(needed, _choice.Length))
                : null;
            int cached = _lifetime.Run(
                stop => _reader.ReadPrompt(Transform(prompt, stop), progress: options.Progress, cancellation: stop), cancellationToken);
            Answer answer = new(_engine, options, sampler, _reader, _choice, cached, start);
            if (answer.IsOver)
            {
                LastGeneration = answer.Statistics;
                yield break;
            }

            try
            {
                GeneratedToken token = answer.Next();
                while (token.FinishReason is null)
                {
                    yield return token;
                    cancellationToken.ThrowIfCancellationRequested();
                    Continue(token.Id);
                    token = answer.Next();
                }

                LastGeneration = answer.Statistics;
                yield return token;
            }
            finally
            {
                // An answer that was stopped half-way has taken time too.
                LastGeneration = answer.Statistics;
            }
        }
        finally
        {
            _reader.Candidates = null;
            _use.End();
        }
    }

    /// <summary>One decode step of a generation, which holds nothing between two of them.</summary>
    private void Continue(int token)
    {
        _lifetime.Enter();
        try
        {
            _reader.Step(token);
        }
        finally
        {
            _lifetime.Leave();
        }
    }

    /// <summary>A prompt, or what a transforming method makes of it.</summary>
    private IReadOnlyList<int> Transform(IReadOnlyList<int> prompt, CancellationToken cancellationToken)
    {
        if (_transformer is null)
        {
            return prompt;
        }

        prompt = _transformer.Transform(prompt, cancellationToken);
        return prompt.Count < ContextLength ? prompt : throw new ContextOverflowException(prompt.Count, ContextLength);
    }

    private static TokenReader CreateReader(Engine engine, SessionOptions options)
    {
        KvPlacement placement = options.Attention.Decode?.Placement ?? new KvPlacement(options.KvTier, options.KvResidentBytes);
        return engine.CreateReader(
            CheckContextLength(engine, options), options.Attention, new KvTypes(options.KeyType ?? options.KvType, options.ValueType ?? options.KvType), placement with { Directory = options.ScratchDirectory });
    }

    private static int CheckContextLength(Engine engine, SessionOptions options)
    {
        int supported = engine.Model.ContextLength;
        int wanted = options.ContextLength ?? supported;
        return wanted >= 1 && wanted <= supported
            ? wanted
            : throw new ArgumentOutOfRangeException(
                nameof(options), $"context length {wanted} is not between 1 and {supported}, what {engine.Model.Name} supports");
    }

    /// <summary>Begins to read a prompt in passes of somebody who holds the session.</summary>
    internal PromptReading BeginPrompt(IReadOnlyList<int> prompt, ForwardPass pass, CancellationToken cancellation) =>
        _reader.BeginPrompt(Transform(prompt, cancellation), pass, _reader.Chunk, progress: null, cancellation);

    /// <summary>Refuses a prompt that is empty or does not fit.</summary>
    internal void CheckPrompt(IReadOnlyList<int> prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
        {
            throw new ArgumentException("the prompt has no tokens, and the model has no begin-of-text token to start from", nameof(prompt));
        }

        // A transforming method may shorten what is too long.
        if (prompt.Count >= ContextLength && _transformer is null)
        {
            throw new ContextOverflowException(prompt.Count, ContextLength);
        }
    }
}
