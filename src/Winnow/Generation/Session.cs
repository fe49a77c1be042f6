using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Winnow.Attention;
using Winnow.Cache;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Retrieval;
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
    /// <summary>Enough rows to keep the matrix kernels busy, few enough for the activations to stay in cache.</summary>
    private const int DefaultChunkTokens = 512;

    private readonly Engine _engine;
    private readonly ForwardState _state;
    private readonly float[] _logits;
    private readonly List<int> _tokens;
    private readonly PromptRetrieval? _retrieval;
    private KvCache _cache;
    private int _busy;

    internal Session(Engine engine, SessionOptions options)
        : this(engine, CheckContextLength(engine, options), options.Attention, CreateCache(engine, options), [])
    {
    }

    private Session(Engine engine, int contextLength, AttentionOptions attention, KvCache cache, IReadOnlyList<int> tokens)
    {
        _engine = engine;
        _cache = cache;
        _tokens = [.. tokens];
        _state = engine.Transformer.CreateState(contextLength, attention);
        _logits = new float[engine.Model.VocabularySize];
        ContextLength = contextLength;
        Attention = attention;
        _retrieval = attention.Retrieval is { } retrieval ? new PromptRetrieval(engine, retrieval, contextLength) : null;
    }

    /// <summary>Tokens that prompt and answer may take together.</summary>
    public int ContextLength { get; }

    /// <summary>How the session attends.</summary>
    public AttentionOptions Attention { get; }

    /// <summary>How much of the cache the decode steps since the last prompt have read.</summary>
    public AttentionStatistics AttentionStatistics => _state.SessionAttention.Statistics;

    /// <summary>Sees the plan of every layer in every decode step; null for nobody.</summary>
    internal PlanObserver? PlanObserver
    {
        set => _state.SessionAttention.Observer = value;
    }

    /// <summary>The tokens whose keys and values the session holds.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Bytes that keys and values take.</summary>
    public long KvBytes => _cache.SizeBytes;

    /// <summary>The folder of the scratch files that keys and values lie in; null where they lie in memory.</summary>
    public string? ScratchDirectory => _cache.Placement.Tier == KvTier.Disk ? _cache.Placement.Directory ?? Path.GetTempPath() : null;

    /// <summary>Bytes that keys and values will take when the context is full.</summary>
    public long KvFullBytes => _cache.Layouts.Sum(layout => (long)layout.KvHeads * layout.TokenBytes) * ContextLength;

    /// <summary>Bytes in memory of keys, values and what the attention method keeps beside them, as measured now.</summary>
    public long KvResidentBytes => _cache.ResidentBytes + _state.SessionAttention.StateBytes;

    /// <summary>Bytes of keys and values that each decode step since the last prompt has read, on average.</summary>
    public double KvReadBytesPerToken => AttentionStatistics.Steps == 0
        ? 0
        : (double)AttentionStatistics.AttendedRows * _cache.Layer(0).Layout.TokenBytes / AttentionStatistics.Steps;

    /// <summary>The part of the bytes visited which was in memory before; 1 unless keys and values lie on disk.</summary>
    public double KvHitRate => _cache.HitRate;

    /// <summary>What the last generation took; null before the first.</summary>
    public GenerationStatistics? LastGeneration { get; private set; }

    /// <summary>Continues a text.</summary>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        string prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        return GenerateAsync(_engine.Tokenizer.Encode(prompt, addSpecial: true, options.ParseControlTokens), options, cancellationToken);
    }

    /// <summary>Answers the last message of a conversation, through the model's chat template.</summary>
    /// <exception cref="ContextOverflowException">The conversation does not fit; nothing was changed.</exception>
    /// <exception cref="ChatTemplateException">The model has no chat template, or it refuses this conversation.</exception>
    public IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<ChatMessage> messages, GenerationOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerateAsync(_engine.EncodeChat(messages), options, cancellationToken);

    /// <summary>Answers a question from the documents of an index: finds the evidence, then generates from a prompt of it.</summary>
    /// <param name="index">The documents.</param>
    /// <param name="question">The question.</param>
    /// <param name="search">How much evidence, found by which means; never more than three quarters of the context.</param>
    /// <param name="options">How to generate.</param>
    /// <param name="history">Earlier messages of the conversation, a system message for example.</param>
    /// <param name="cancellationToken">Stops the search; pass one to the enumeration of the answer too.</param>
    /// <returns>The evidence, and the answer as it is generated.</returns>
    /// <exception cref="ContextOverflowException">Question and history alone do not fit.</exception>
    public async Task<DocumentAnswer> AskAsync(
        DocumentIndex index,
        string question,
        SearchOptions? search = null,
        GenerationOptions? options = null,
        IReadOnlyList<ChatMessage>? history = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        ArgumentNullException.ThrowIfNull(question);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        IReadOnlyList<EvidenceSpan> evidence = FindEvidence(index, question, search, cancellationToken);
        ChatMessage message = EvidencePrompt.Message(evidence, question);
        IReadOnlyList<int> prompt = _engine.ChatTemplate is null
            ? _engine.Tokenizer.Encode(message.Content + "\n", addSpecial: true)
            : _engine.EncodeChat([.. history ?? [], message]);
        return new DocumentAnswer(evidence, prompt.Count, GenerateAsync(prompt, options, cancellationToken));
    }

    /// <summary>Searches an index for as much evidence as this session's context has room for.</summary>
    /// <param name="index">The documents.</param>
    /// <param name="question">The question.</param>
    /// <param name="search">How much evidence, found by which means; never more than three quarters of the context.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    public IReadOnlyList<EvidenceSpan> FindEvidence(
        DocumentIndex index, string question, SearchOptions? search = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(index);
        search ??= new SearchOptions();
        return index.Search(question, search with { Budget = search.BudgetTokens(index.Tokens, ContextLength) }, cancellationToken);
    }

    /// <summary>Continues a sequence of tokens.</summary>
    /// <remarks>Computation runs on the thread pool, never on the caller's synchronization context.</remarks>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public async IAsyncEnumerable<GeneratedToken> GenerateAsync(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using IEnumerator<GeneratedToken> steps = Generate(prompt, options, cancellationToken).GetEnumerator();
        while (true)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            if (!steps.MoveNext())
            {
                yield break;
            }

            yield return steps.Current;
        }
    }

    /// <summary>Continues a sequence of tokens on the calling thread.</summary>
    /// <exception cref="ArgumentException">The prompt is empty.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    /// <exception cref="InvalidOperationException">The session is generating already.</exception>
    public IEnumerable<GeneratedToken> Generate(
        IReadOnlyList<int> prompt, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new GenerationOptions();
        if (options.MaxTokens is < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), $"MaxTokens {options.MaxTokens} must be at least 1");
        }

        CheckPrompt(prompt);
        return Run(prompt, options, cancellationToken);
    }

    /// <summary>The logits after the last token that was computed, [vocabulary]; overwritten by the next computation.</summary>
    public ReadOnlySpan<float> Logits => _logits;

    /// <summary>Computes tokens into the session without generating, for measuring and for preparing a shared prefix.</summary>
    /// <param name="prompt">The whole context; what the session holds already is not computed again.</param>
    /// <param name="chunkTokens">Tokens that are computed at once.</param>
    /// <param name="progress">Told how far it is, after each chunk.</param>
    /// <param name="cancellationToken">Stops between chunks; what was computed stays.</param>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public void Prefill(
        IReadOnlyList<int> prompt,
        int chunkTokens = DefaultChunkTokens,
        IProgress<PrefillProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        CheckPrompt(prompt);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunkTokens);
        Enter();
        try
        {
            Compute(Condense(prompt, cancellationToken), chunkTokens, progress, cancellationToken);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Fills an empty session with random keys and values in the place of those of a prompt: to measure speed at depth without the wait.</summary>
    /// <param name="prompt">The tokens that the session shall claim to have read.</param>
    /// <param name="seed">Same seed, same keys and values.</param>
    /// <exception cref="InvalidOperationException">The session is not empty.</exception>
    /// <exception cref="ContextOverflowException">The prompt does not fit; nothing was changed.</exception>
    public void FillRandomly(IReadOnlyList<int> prompt, int seed = 1)
    {
        CheckPrompt(prompt);
        Enter();
        try
        {
            if (_tokens.Count > 0)
            {
                throw new InvalidOperationException($"only an empty session can be filled randomly; this one holds {_tokens.Count} tokens");
            }

            _engine.Transformer.FillRandomly(_state, prompt.Count, _cache, seed);
            _tokens.AddRange(prompt);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Computes one more token, whatever the model would have said, and returns the logits after it.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        if (_tokens.Count >= ContextLength)
        {
            throw new ContextOverflowException(_tokens.Count + 1, ContextLength);
        }

        Enter();
        try
        {
            Forward([token], AttentionPhase.Decode);
            return _logits;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Computes a sequence from an empty cache and hands out the logits after each of its tokens.</summary>
    /// <param name="tokens">The sequence; it replaces what the session held.</param>
    /// <param name="chunkTokens">Tokens that are computed at once; as many rows of logits are held in memory.</param>
    /// <param name="visit">Called once for each token, in order.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
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

        Enter();
        try
        {
            _cache.Truncate(0);
            _tokens.Clear();
            int[] ids = [.. tokens];
            int vocabulary = _engine.Model.VocabularySize;
            float[] rows = new float[(long)Math.Min(chunkTokens, ids.Length) * vocabulary];
            for (int first = 0; first < ids.Length; first += chunkTokens)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ReadOnlySpan<int> chunk = ids.AsSpan(first, Math.Min(chunkTokens, ids.Length - first));
                Span<float> logits = rows.AsSpan(0, chunk.Length * vocabulary);
                _engine.Transformer.Forward(_state, chunk, _cache, AttentionPhase.Prompt, ForwardOutput.AllLogits, logits, cancellationToken);
                _tokens.AddRange(chunk);
                for (int row = 0; row < chunk.Length; row++)
                {
                    visit(first + row, logits.Slice(row * vocabulary, vocabulary));
                }
            }
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens: the session goes on as if it had never read the others.</summary>
    /// <remarks>An attention method that learns from each step may have to repeat a few of them.</remarks>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _tokens.Count);
        Enter();
        try
        {
            GoBack(length, promptFollows: false, CancellationToken.None);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A second session that begins where this one stands; both share the memory of what they have in common.</summary>
    /// <param name="attention">
    /// How the second one attends; null for the same way. Another method has not seen the prompt: give the second session one that
    /// is at least a token longer before it decodes.
    /// </param>
    public Session Fork(AttentionOptions? attention = null)
    {
        Enter();
        try
        {
            Session fork = new(_engine, ContextLength, attention ?? Attention, _cache.Fork(), _tokens);
            fork._state.SessionAttention.CopyState(_state.SessionAttention, _cache.Length);
            return fork;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Writes the session's tokens, keys and values to a file; an older file of that name is replaced only on success.</summary>
    /// <exception cref="WinnowException">The file cannot be written, for example because the disk is full.</exception>
    public void Save(string path)
    {
        Enter();
        try
        {
            KvCacheFile.Save(path, _cache, CollectionsMarshal.AsSpan(_tokens), _engine.Model.Fingerprint, _state.SessionAttention.SaveState(_cache.Length));
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Replaces the session's content by a saved one.</summary>
    /// <exception cref="WinnowException">The file is damaged, or belongs to another model or to another KV type; the session is unchanged.</exception>
    /// <exception cref="ContextOverflowException">It holds more tokens than this session may.</exception>
    public void Load(string path)
    {
        Enter();
        try
        {
            (KvCache cache, int[] tokens, byte[] state) = KvCacheFile.Load(
                path, _engine.Device, _cache.Layouts, _engine.Model.Fingerprint, _cache.Placement);
            if (tokens.Length > ContextLength)
            {
                cache.Dispose();
                throw new ContextOverflowException(tokens.Length, ContextLength);
            }

            try
            {
                _state.SessionAttention.LoadState(state);
            }
            catch (InvalidDataException e)
            {
                cache.Dispose();
                throw new ModelFormatException(path, $"is damaged: {e.Message}", e);
            }

            _cache.Dispose();
            _cache = cache;
            _tokens.Clear();
            _tokens.AddRange(tokens);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Frees the memory of keys, values and scratch at once.</summary>
    public void Dispose()
    {
        _cache.Dispose();
        _state.Dispose();
        _retrieval?.Dispose();
    }

    private IEnumerable<GeneratedToken> Run(IReadOnlyList<int> prompt, GenerationOptions options, CancellationToken cancellationToken)
    {
        Enter();
        try
        {
            long start = Stopwatch.GetTimestamp();
            prompt = Condense(prompt, cancellationToken);
            int cached = Compute(prompt, DefaultChunkTokens, options.Progress, cancellationToken);
            Sampler sampler = _engine.CreateSampler(options.Sampling, options.Constraint);
            sampler.AcceptPrompt(CollectionsMarshal.AsSpan(_tokens));

            AnswerText text = new(_engine.Tokenizer, options, startOfText: prompt.All(_engine.Tokenizer.IsControl));
            int limit = Math.Min(options.MaxTokens ?? int.MaxValue, ContextLength - prompt.Count);
            TimeSpan prefill = Stopwatch.GetElapsedTime(start);
            long decodeStart = 0;
            int generated = 0;
            bool ended = false;
            try
            {
                while (true)
                {
                    int token = sampler.Sample(_logits);
                    sampler.Accept(token);
                    if (++generated == 1)
                    {
                        prefill = Stopwatch.GetElapsedTime(start);
                        decodeStart = Stopwatch.GetTimestamp();
                    }

                    string piece = text.Append(token, out bool stopped);
                    FinishReason? reason = stopped ? FinishReason.Stop
                        : generated < limit ? null
                        : generated == options.MaxTokens ? FinishReason.Length : FinishReason.ContextFull;
                    if (reason is not null)
                    {
                        LastGeneration = Statistics();
                        ended = true;
                        yield return new GeneratedToken(token, piece + text.Flush(), reason);
                        yield break;
                    }

                    yield return new GeneratedToken(token, piece, null);
                    cancellationToken.ThrowIfCancellationRequested();
                    Forward([token], AttentionPhase.Decode);
                }
            }
            finally
            {
                // An answer that was stopped half-way has taken time too.
                LastGeneration = ended ? LastGeneration : Statistics();
            }

            GenerationStatistics Statistics() => new()
            {
                PromptTokens = prompt.Count,
                CachedTokens = cached,
                GeneratedTokens = generated,
                Prefill = prefill,
                Decode = decodeStart == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(decodeStart),
            };
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>A prompt, or what a retrieval method leaves of it.</summary>
    private IReadOnlyList<int> Condense(IReadOnlyList<int> prompt, CancellationToken cancellationToken)
    {
        if (_retrieval is null)
        {
            return prompt;
        }

        prompt = _retrieval.Condense(prompt, cancellationToken);
        return prompt.Count < ContextLength ? prompt : throw new ContextOverflowException(prompt.Count, ContextLength);
    }

    /// <summary>Brings the cache to hold exactly <paramref name="prompt"/> and leaves the logits of its last token; returns how many tokens were there already.</summary>
    private int Compute(IReadOnlyList<int> prompt, int chunkTokens, IProgress<PrefillProgress>? progress, CancellationToken cancellationToken)
    {
        int cached = 0;

        // The last tokens are read again: their queries are what an attention method looks at.
        int limit = Math.Min(_tokens.Count, prompt.Count - Math.Max(1, _state.SessionAttention.DecodeWindow));
        while (cached < limit && _tokens[cached] == prompt[cached])
        {
            cached++;
        }

        cached = GoBack(cached, promptFollows: true, cancellationToken);
        ReadPrompt([.. prompt.Skip(cached)], AttentionPhase.PromptEnd, chunkTokens, progress, cancellationToken);
        return cached;
    }

    /// <summary>
    /// Forgets everything after the first <paramref name="length"/> tokens. The attention method then stands where it stood when
    /// they were the last ones; where it takes that, some of them are read again in the way they were read.
    /// </summary>
    /// <returns>Tokens that are left: less than the length where a prompt that follows had better read the others.</returns>
    private int GoBack(int length, bool promptFollows, CancellationToken cancellationToken)
    {
        IReadOnlyList<AttentionPass> passes = _state.SessionAttention.Rollback(length, promptFollows);
        int first = passes.Count == 0 ? length : passes[0].First;
        int[] again = [.. _tokens[first..length]];
        _cache.Truncate(first);
        _tokens.RemoveRange(first, _tokens.Count - first);
        foreach (AttentionPass pass in passes)
        {
            int[] tokens = again[(pass.First - first)..(pass.First - first + pass.Count)];
            if (pass.Phase == AttentionPhase.Decode)
            {
                foreach (int token in tokens)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Forward([token], AttentionPhase.Decode);
                }
            }
            else if (pass.Phase == AttentionPhase.PromptEnd || !promptFollows)
            {
                ReadPrompt(tokens, pass.Phase, DefaultChunkTokens, progress: null, cancellationToken);
            }
        }

        return _tokens.Count;
    }

    /// <summary>Reads tokens of a prompt in chunks.</summary>
    /// <param name="rest">What is to be read.</param>
    /// <param name="phase">Whether the prompt ends with it.</param>
    /// <param name="chunkTokens">Tokens that are computed at once.</param>
    /// <param name="progress">Told how far it is, after each chunk.</param>
    /// <param name="cancellationToken">Stops between chunks.</param>
    private void ReadPrompt(int[] rest, AttentionPhase phase, int chunkTokens, IProgress<PrefillProgress>? progress, CancellationToken cancellationToken)
    {
        int end = _tokens.Count + rest.Length;
        int window = phase == AttentionPhase.PromptEnd ? _state.SessionAttention.PromptWindow : MethodHistory.FewTokens;
        for (int done = 0; done < rest.Length;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int left = rest.Length - done;
            int count = Math.Min(Math.Max(chunkTokens, window), left);
            if (_state.SessionAttention.NeedsWholePrompt)
            {
                count = left;
            }
            else if (count < left && left - count < window)
            {
                // The last part holds the queries that an attention method looks at.
                count = Math.Max(left - window, 1);
            }

            Forward(rest.AsSpan(done, count), count == left ? phase : AttentionPhase.Prompt);
            done += count;
            progress?.Report(new PrefillProgress(_tokens.Count, end));
        }
    }

    private void Forward(ReadOnlySpan<int> tokens, AttentionPhase phase)
    {
        ForwardOutput output = phase == AttentionPhase.Prompt ? ForwardOutput.None : ForwardOutput.LastLogits;
        _engine.Transformer.Forward(_state, tokens, _cache, phase, output, output == ForwardOutput.None ? [] : _logits);
        _tokens.AddRange(tokens);
    }

    private static KvCache CreateCache(Engine engine, SessionOptions options)
    {
        KvPlacement placement = options.Attention.Decode?.Placement ?? KvPlacement.Memory;
        return engine.Transformer.CreateCache(options.KvType, placement with { Directory = options.ScratchDirectory });
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

    private void CheckPrompt(IReadOnlyList<int> prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
        {
            throw new ArgumentException("the prompt has no tokens, and the model has no begin-of-text token to start from", nameof(prompt));
        }

        // A retrieval method shortens what is too long.
        if (prompt.Count >= ContextLength && _retrieval is null)
        {
            throw new ContextOverflowException(prompt.Count, ContextLength);
        }
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("a session serves one caller at a time; create another session, or fork this one");
        }
    }

    private void Leave() => Volatile.Write(ref _busy, 0);
}
