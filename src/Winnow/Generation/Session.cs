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

    /// <summary>Room for what a token is chosen from, [vocabulary]; made with the first answer.</summary>
    private float[] Choice => field ??= new float[_engine.Model.VocabularySize];

    /// <summary>How the session attends.</summary>
    public AttentionOptions Attention { get; }

    /// <summary>Sees the plan of every layer in every decode step; null for nobody.</summary>
    internal PlanObserver? PlanObserver
    {
        set => _reader.Attention.Observer = value;
    }

    /// <summary>The tokens whose keys and values the session holds.</summary>
    public IReadOnlyList<int> Tokens => _reader.Tokens;

    /// <summary>A look inside: logits, single steps, what keys and values take.</summary>
    public SessionDiagnostics Diagnostics => field ??= new SessionDiagnostics(this);

    /// <summary>What the last generation took; null before the first.</summary>
    public GenerationStatistics? LastGeneration { get; private set; }

    /// <summary>Continues a text.</summary>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(Encode(prompt, options = RequireTokens(options), cancellationToken), 0, options, cancellationToken);

    /// <summary>Answers the last message of a conversation, through the model's chat template.</summary>
    /// <exception cref="ContextOverflowException">The conversation does not fit; nothing was changed.</exception>
    /// <exception cref="WinnowException">The model has no chat template, or it refuses this conversation.</exception>
    [OverloadResolutionPriority(1)]
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        FittedChat chat = Encode(messages, options, cancellationToken);
        return Stream(chat.Prompt, chat.Dropped.Count, options, cancellationToken);
    }

    /// <summary>Continues a sequence of tokens.</summary>
    /// <remarks>Computation runs on threads of the engine, never on the thread pool or on the caller's synchronization context.</remarks>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        Stream(prompt, 0, RequireTokens(options), cancellationToken);

    /// <summary>Continues a text on the calling thread.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>
    public IEnumerable<GeneratedToken> Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = RequireTokens(options);
        return Generate(Encode(prompt, options, cancellationToken), options, cancellationToken);
    }

    /// <summary>Answers the last message of a conversation on the calling thread, through the model's chat template.</summary>
    /// <inheritdoc cref="Generate(IReadOnlyList{int}, GenerationOptions?, CancellationToken)"/>
    /// <exception cref="WinnowException">The model has no chat template, or it refuses this conversation.</exception>
    [OverloadResolutionPriority(1)]
    public IEnumerable<GeneratedToken> Generate(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        FittedChat chat = Encode(messages, options, cancellationToken);
        CheckPrompt(chat.Prompt, options);
        return Run(chat.Prompt, chat.Dropped.Count, options, cancellationToken);
    }

    /// <summary>Continues a sequence of tokens on the calling thread.</summary>
    /// <remarks>Nothing comes where the constraint allows no text but the empty one, and the model has no token that ends it.</remarks>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The session is generating already.</exception>
    public IEnumerable<GeneratedToken> Generate(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options = RequireTokens(options);
        CheckPrompt(prompt, options);
        return Run(prompt, 0, options, cancellationToken);
    }

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

    /// <summary>A fork, also of a session whose prompt is being read: it has the rows of the chunks that are done.</summary>
    internal Session ForkWithin(AttentionOptions attention) => _lifetime.Run(_ => new Session(_engine, attention, _reader.Fork(attention, keepsLogits: false)));

    /// <summary>Where the device finds the most probable tokens itself and a sampler needs no others: room for them.</summary>
    internal TokenCandidates? CandidatesFor(Sampler sampler) => _engine.Device.FindsCandidates && sampler.CandidatesNeeded is { } needed
        ? new TokenCandidates(Math.Min(needed, _engine.Model.VocabularySize))
        : null;

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

    /// <summary>An answer whose tokens are computed on threads of the engine.</summary>
    internal async IAsyncEnumerable<GeneratedToken> Stream(
        IReadOnlyList<int> prompt, int droppedMessages, GenerationOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        CheckPrompt(prompt, options);
        using IEnumerator<GeneratedToken> steps = Run(prompt, droppedMessages, options, cancellationToken).GetEnumerator();
        ComputeCall<bool> next = new(_engine.ComputeThreads, steps.MoveNext);
        while (await next.RunAsync().ConfigureAwait(false))
        {
            yield return steps.Current;
        }
    }

    /// <summary>An answer whose tokens are computed on the calling thread.</summary>
    internal IEnumerable<GeneratedToken> Run(
        IReadOnlyList<int> prompt, int droppedMessages, GenerationOptions options, CancellationToken cancellationToken)
    {
        _use.Begin();
        try
        {
            long start = Stopwatch.GetTimestamp();
            Sampler sampler = _engine.CreateSampler(options);
            _reader.Candidates = CandidatesFor(sampler);
            int shifted = 0;
            int cached = _lifetime.Run(
                stop =>
                {
                    IReadOnlyList<int> read = Transform(prompt, stop, options);
                    shifted = prompt.Count - read.Count;
                    return _reader.ReadPrompt(read, progress: options.Progress, cancellation: stop);
                },
                cancellationToken);
            Answer answer = new(_engine, options, sampler, _reader, Choice, cached, start)
            {
                ShiftedTokens = _transformer is null ? shifted : 0,
                DroppedMessages = droppedMessages,
            };
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
                    Continue(token.Id, answer, options, cancellationToken);
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

    /// <summary>One decode step of a generation, which holds nothing between two of them; in a full context its tail is read again.</summary>
    private void Continue(int token, Answer answer, GenerationOptions options, CancellationToken cancellationToken)
    {
        if (Tokens.Count == ContextLength)
        {
            MakeRoom(token, answer, options, cancellationToken);
            return;
        }

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

    // Apart from the step, which must not allocate what this captures.
    private void MakeRoom(int token, Answer answer, GenerationOptions options, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> rest = ContextShift.Shorten([.. Tokens, token], options.KeptTokens, ContextLength);
        answer.ShiftedTokens += Tokens.Count + 1 - rest.Count;
        _lifetime.Run(stop => _reader.ReadPrompt(rest, cancellation: stop), cancellationToken);
    }

    /// <summary>A prompt, or what a transforming method makes of it.</summary>
    private IReadOnlyList<int> Transform(IReadOnlyList<int> prompt, CancellationToken cancellationToken, GenerationOptions? options = null)
    {
        prompt = _transformer?.Transform(prompt, cancellationToken) ?? prompt;
        if (options is { FullContext: FullContextPolicy.Shift })
        {
            prompt = ContextShift.Shorten(prompt, options.KeptTokens, ContextLength);
        }

        return prompt.Count < ContextLength ? prompt : throw new ContextOverflowException(prompt.Count, ContextLength);
    }

    private int[] Encode(string prompt, GenerationOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        return _engine.Tokenizer.Encode(prompt, addSpecial: true, options.ParseControlTokens, cancellationToken);
    }

    private FittedChat Encode(IReadOnlyList<ChatMessage> messages, GenerationOptions options, CancellationToken cancellationToken) =>
        FittedChat.Encode(_engine, messages, options.FullContext, ContextLength, options.MaxTokens, tools: null, variables: null, cancellationToken);

    /// <summary>Refuses what only a conversation can do.</summary>
    internal static GenerationOptions RequireTokens(GenerationOptions? options) => options switch
    {
        null => new GenerationOptions(),
        { FullContext: FullContextPolicy.DropOldestMessages } => throw new ArgumentException(
            $"{nameof(FullContextPolicy.DropOldestMessages)} needs messages, and this prompt is text or tokens; take {nameof(FullContextPolicy.Shift)}", nameof(options)),
        _ => options,
    };

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
    internal PromptReading BeginPrompt(
        IReadOnlyList<int> prompt, ForwardPass pass, IProgress<PrefillProgress>? progress, CancellationToken cancellation) =>
        _reader.BeginPrompt(Transform(prompt, cancellation), pass, _reader.Chunk, progress, cancellation);

    /// <summary>Refuses a prompt that is empty or does not fit.</summary>
    internal void CheckPrompt(IReadOnlyList<int> prompt, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
        {
            throw new ArgumentException("the prompt has no tokens, and the model has no begin-of-text token to start from", nameof(prompt));
        }

        // A transforming method, or a shift, may shorten what is too long.
        if (prompt.Count >= ContextLength && _transformer is null && options is not { FullContext: FullContextPolicy.Shift })
        {
            throw new ContextOverflowException(prompt.Count, ContextLength);
        }
    }
}
