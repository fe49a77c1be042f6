using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Formats;
using Winnow.Models;
using Winnow.Models.Forward;
using Winnow.Tensors;

namespace Winnow.Generation;

/// <summary>
/// Reads tokens with a model and keeps what it has read: the tokens, their keys and values, and the logits after the last one.
/// Used by one thread at a time.
/// </summary>
/// <remarks>
/// This is the one place that cuts sequences into parts. The rule for the end of a prompt: its last tokens, as many as the
/// attention method looks at, are read in one part, also where their rows are in the cache already.
/// After an exception, a cancellation too, the reader holds whole parts of what it was to read, and can go on from there.
/// </remarks>
internal sealed class TokenReader : IDisposable
{
    /// <summary>Steps of a pass: as many as the kernels for few rows take at once.</summary>
    private const int MostSteps = 16;

    private readonly Model _model;
    private readonly Sequence _sequence;
    private readonly Segment _segment;
    private readonly List<int> _tokens = [];

    /// <summary>As what each token was read; kept where a state cannot be cut without reading some of them again.</summary>
    private readonly List<AttentionPhase> _phases = [];
    private readonly int[] _stepToken = new int[1];
    private ForwardPass? _pass;
    private Workspace? _work;
    private float[] _logits = [];
    private bool _hasLogits;

    /// <param name="model">The model.</param>
    /// <param name="contextLength">Tokens that may be held.</param>
    /// <param name="attention">How to attend; null for full attention.</param>
    /// <param name="kvType">How keys and values are stored; null for F16.</param>
    /// <param name="placement">Where they are stored; null for memory.</param>
    /// <param name="chunk">Tokens that are read at once; null for as many as the device prefers.</param>
    /// <exception cref="InvalidOptionException">The options name layers that the model does not have.</exception>
    /// <exception cref="WinnowException">A method needs a calibration that is missing or does not fit.</exception>
    public TokenReader(
        Model model,
        int contextLength,
        AttentionOptions? attention = null,
        KvTypes? kvType = null,
        KvPlacement? placement = null,
        int? chunk = null)
        : this(
            model,
            contextLength,
            attention ?? AttentionOptions.Full,
            CreateCache(model, kvType ?? TensorType.F16, placement),
            model.Transformer.StateParts.Count == 0 ? null : new SequenceState(model.Devices, model.Transformer.StateParts),
            chunk ?? model.Devices.PreferredChunk)
    {
    }

    private TokenReader(Model model, int contextLength, AttentionOptions attention, KvCache cache, SequenceState? state, int chunk)
    {
        try
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextLength);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
            _model = model;
            ContextLength = contextLength;
            Chunk = ForwardState.ChunkFor(model.Config, Math.Min(chunk, contextLength));
            RopeFrequencies?[] ropes = model.RopesFor(contextLength);
            MethodSetup setup = new(model.Transformer.AttentionLayers, ropes, model.Calibration, model.Config.ContextLength);
            attention.Decode?.Validate();
            attention = attention.Tuned(model.Calibration);
            RequireAttention(model, attention);
            SessionAttention methods = new(model.Devices, setup, attention.Prefill, attention.Decode);
            _sequence = new Sequence(methods, ropes) { Cache = cache, State = state };
            _segment = new Segment(_sequence);
        }
        catch
        {
            cache.Dispose();
            state?.Dispose();
            throw;
        }
    }

    /// <summary>Tokens that may be held.</summary>
    public int ContextLength { get; }

    /// <summary>The tokens that were read.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>The tokens that were read.</summary>
    public ReadOnlySpan<int> TokenSpan => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Tokens that are read at once.</summary>
    public int Chunk { get; }

    /// <summary>Their keys and values.</summary>
    public KvCache Cache => _sequence.Cache;

    /// <summary>Which rows queries attend to.</summary>
    public SessionAttention Attention => _sequence.Attention;

    /// <summary>The reader's own passes, made when first needed: a reader that only takes part in others' has no use for their buffers.</summary>
    public ForwardPass Pass => _pass ??= new ForwardPass(_model.Transformer, _work = new Workspace(_model.Devices, _model.Config, Chunk));

    /// <summary>Bytes on a device of what the reader's own passes need.</summary>
    /// <param name="device">The device's number.</param>
    public long ScratchBytesOn(int device) => (_work?.SizeBytesOn(device) ?? 0) + (_pass?.Rows.SizeBytesOn(device) ?? 0)
        + Attention.ScoreBytesOn(device) + (_sequence.State?.SizeBytesOn(device) ?? 0);

    /// <summary>Sees what flows through the passes; null for nobody.</summary>
    public ForwardObserver? Observer
    {
        set => _sequence.Observer = value;
    }

    /// <summary>The logits after the last token, [vocabulary]; overwritten by what is read next.</summary>
    /// <exception cref="InvalidOperationException">They were not computed.</exception>
    public ReadOnlySpan<float> Logits => _hasLogits
        ? _logits
        : throw new InvalidOperationException(
            "the logits after the last token are not known: the session is empty, or was cut or loaded since; compute a prompt or a token first");

    /// <summary>
    /// Where set, the end of a prompt and steps give the most probable tokens in the place of logits: enough for some samplers, and
    /// less to read from a device of its own memory.
    /// </summary>
    public TokenCandidates? Candidates { get; set; }

    /// <summary>Makes <paramref name="prompt"/> what has been read, and computes the logits after it. What is there already is not read again.</summary>
    /// <param name="prompt">At least one token; it must fit.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number.</param>
    /// <param name="progress">Told how far it is, after each part, and within those that are longer than a chunk.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    /// <returns>How many tokens were there already.</returns>
    public int ReadPrompt(
        IReadOnlyList<int> prompt, int chunk = int.MaxValue, IProgress<PrefillProgress>? progress = null, CancellationToken cancellation = default)
    {
        PromptReading reading = BeginPrompt(prompt, Pass, chunk, progress, cancellation);
        while (reading.Advance(cancellation))
        {
        }

        return reading.CachedTokens;
    }

    /// <summary>Begins to make <paramref name="prompt"/> what has been read, in passes that others may share the device's time with.</summary>
    /// <param name="prompt">At least one token; it must fit.</param>
    /// <param name="pass">What reads it; nobody else may use it before the prompt is read or given up.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number.</param>
    /// <param name="progress">Told how far it is, after each part, and within those that are longer than a chunk.</param>
    /// <param name="cancellation">Looked at where some tokens must be read again before the prompt.</param>
    public PromptReading BeginPrompt(
        IReadOnlyList<int> prompt, ForwardPass pass, int chunk, IProgress<PrefillProgress>? progress, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prompt.Count, ContextLength, nameof(prompt));
        _model.CheckFile();
        int cached = GoBack(CountReusable(prompt), promptFollows: true, pass, cancellation);
        KeepState();
        return new PromptReading(this, prompt.Skip(cached).ToArray(), AttentionPhase.PromptEnd, pass, progress) { Chunk = chunk, CachedTokens = cached };
    }

    /// <summary>The next step as a part of a pass: run it, then call <see cref="EndPass"/>; the logits are there then.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public Segment BeginStep(int token)
    {
        RequireRoom();
        _stepToken[0] = token;
        return BeginPass(_stepToken, AttentionPhase.Decode, ForwardOutput.LastLogits);
    }

    /// <summary>Refuses one more token where there is no room for it.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public void RequireRoom()
    {
        if (_tokens.Count >= ContextLength)
        {
            throw new ContextOverflowException(_tokens.Count + 1, ContextLength);
        }
    }

    /// <summary>Some tokens as a part of a pass; <see cref="EndPass"/> follows it. Last logits become the reader's own.</summary>
    /// <param name="tokens">What to read; the memory must stay as it is until the pass has ended.</param>
    /// <param name="phase">As what.</param>
    /// <param name="output">What to compute.</param>
    /// <param name="result">Where it goes, unless it is the last logits.</param>
    public Segment BeginPass(ReadOnlyMemory<int> tokens, AttentionPhase phase, ForwardOutput output, Memory<float> result = default)
    {
        _hasLogits = false;
        _segment.Tokens = tokens;
        _segment.Phase = phase;
        (_segment.IsCausal, _segment.KeepsRows) = (true, true);
        _segment.Output = output == ForwardOutput.LastLogits && Candidates is not null ? ForwardOutput.Candidates : output;
        _segment.Candidates = Candidates;
        _segment.Result = output == ForwardOutput.LastLogits ? LogitsBuffer() : result;
        return _segment;
    }

    /// <summary>The pass has ended: its tokens have been read.</summary>
    public void EndPass()
    {
        AddTokens(_segment.Tokens.Span, _segment.Phase);
        _hasLogits = _segment.Output == ForwardOutput.LastLogits;
        if (_segment.Phase == AttentionPhase.PromptEnd)
        {
            KeepState();
        }
    }

    /// <summary>
    /// Keeps the state of layers that have one, as a place to come back to: before and after a prompt, before its last part, and before
    /// a draft. Conversations are cut there.
    /// </summary>
    public void KeepState()
    {
        if (_sequence.State is { } state && _tokens.Count > state.LastSnapshot)
        {
            state.Keep(_tokens.Count);
        }
    }

    /// <summary>Reads a token that follows the prompt, and returns the logits after it, unless candidates take their place. Allocates nothing.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        Run(BeginStep(token), Pass, CancellationToken.None);
        return _hasLogits ? _logits : [];
    }

    /// <summary>Reads tokens that follow the prompt one by one, whatever the model would have said.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="visit">Given the logits after each of them; null for nobody.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    public void Force(IReadOnlyList<int> tokens, Action<int, ReadOnlySpan<float>>? visit = null, CancellationToken cancellation = default)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<float> logits = Step(tokens[i]);
            visit?.Invoke(i, logits);
        }
    }

    /// <summary>
    /// Reads tokens that may follow the prompt or not, in as few passes as their attention allows. What each gets is what it gets as a
    /// step; cut off those that turn out to be wrong.
    /// </summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="visit">Given the logits after each of them.</param>
    /// <param name="cancellation">Looked at between passes.</param>
    public void Verify(IReadOnlyList<int> tokens, Action<int, ReadOnlySpan<float>> visit, CancellationToken cancellation)
    {
        if (!Attention.StepsTogether)
        {
            Force(tokens, visit, cancellation);
            return;
        }

        KeepState();
        int width = _model.Config.VocabularySize;
        int[] ids = [.. tokens];
        float[] rows = new float[Math.Min(ids.Length, MostSteps) * width];
        for (int first = 0; first < ids.Length; first += MostSteps)
        {
            ReadOnlyMemory<int> part = ids.AsMemory(first, Math.Min(MostSteps, ids.Length - first));
            Run(BeginPass(part, AttentionPhase.Decode, ForwardOutput.AllLogits, rows), Pass, cancellation);
            for (int row = 0; row < part.Length; row++)
            {
                visit(first + row, rows.AsSpan(row * width, width));
            }

            rows.AsSpan((part.Length - 1) * width, width).CopyTo(LogitsBuffer());
            _hasLogits = true;
        }
    }

    /// <summary>Reads tokens for what an observer sees of them; no end of a prompt is among them.</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void Read(ReadOnlySpan<int> tokens, CancellationToken cancellation = default) =>
        ReadRows(tokens, Chunk, ForwardOutput.None, 0, (_, _) => { }, cancellation);

    /// <summary>Reads tokens and hands out the logits after each of them.</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number; as many rows of logits are held in memory.</param>
    /// <param name="visit">Called for each token, in order.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void ReadLogits(ReadOnlySpan<int> tokens, int chunk, Action<int, ReadOnlySpan<float>> visit, CancellationToken cancellation = default)
    {
        ReadOnlySpan<float> last = ReadRows(tokens, chunk, ForwardOutput.AllLogits, _model.Config.VocabularySize, visit, cancellation);
        if (tokens.Length > 0)
        {
            last.CopyTo(LogitsBuffer());
            _hasLogits = true;
        }
    }

    /// <summary>Reads tokens and adds up the residual stream of each after the output norm.</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="sum">What is added to, [hidden].</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void ReadPooled(ReadOnlyMemory<int> tokens, Memory<float> sum, CancellationToken cancellation = default)
    {
        for (int first = 0; first < tokens.Length; first += Chunk)
        {
            ReadOnlyMemory<int> part = tokens.Slice(first, Math.Min(Chunk, tokens.Length - first));
            Run(BeginPass(part, AttentionPhase.Prompt, ForwardOutput.Pooled, sum), Pass, cancellation);
        }
    }

    /// <summary>Lets random keys and values stand for a prompt, but for its end, which is read: a method begins with what that looks at.</summary>
    /// <param name="prompt">At least one token; it must fit.</param>
    /// <param name="seed">Same seed, same rows.</param>
    /// <param name="cancellation">Looked at between layers and chunks of the end.</param>
    public void FillRandomly(IReadOnlyList<int> prompt, int seed, CancellationToken cancellation = default)
    {
        Truncate(0);
        int filled = Math.Max(prompt.Count - Math.Max(Chunk, Attention.PromptWindow), 0);
        if (filled > 0)
        {
            RandomRows.Append(_model.Config, Pass.Work, _sequence, filled, seed);
            AddTokens([.. prompt.Take(filled)], AttentionPhase.Prompt);
        }

        ReadPrompt(prompt, cancellation: cancellation);
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens: what follows is read as if nothing had stood there.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _tokens.Count);
        GoBack(length, promptFollows: false, forward: null, CancellationToken.None);
    }

    /// <summary>A second reader that begins where this one stands; both share the memory of what they have in common.</summary>
    /// <param name="attention">How the second one attends.</param>
    /// <param name="keepsLogits">Whether it has the logits too.</param>
    public TokenReader Fork(AttentionOptions attention, bool keepsLogits = true)
    {
        TokenReader fork = new(_model, ContextLength, attention, Cache.Fork(), _sequence.State?.Fork(), Chunk);
        fork._tokens.AddRange(_tokens);
        fork._phases.AddRange(_phases);
        fork.Attention.CopyState(Attention, Cache.Length);
        if (_hasLogits && keepsLogits)
        {
            _logits.CopyTo(fork.LogitsBuffer());
            fork._hasLogits = true;
        }

        return fork;
    }

    /// <summary>Frees the memory of the logits, of a reader that rests.</summary>
    public void ReleaseLogits()
    {
        _logits = [];
        _hasLogits = false;
    }

    /// <summary>Writes tokens, keys, values and what the attention method keeps to a file.</summary>
    /// <exception cref="WinnowException">The file cannot be written.</exception>
    public void Save(string path) => KvCacheFile.Save(path, Cache, TokenSpan, _model.Info.Fingerprint, SaveStates());

    /// <summary>Replaces everything by what a file holds.</summary>
    /// <exception cref="WinnowException">The file is damaged, or belongs to another model or KV type; nothing was changed.</exception>
    /// <exception cref="ContextOverflowException">It holds more tokens than this reader may; nothing was changed.</exception>
    public void Load(string path)
    {
        (KvCache cache, int[] tokens, byte[] state) = KvCacheFile.Load(
            path, _model.Devices, Cache.Layouts, _model.Info.Fingerprint, Cache.Placement, relative: Cache);
        try
        {
            if (tokens.AsSpan().ContainsAnyExceptInRange(0, _model.Info.VocabularySize - 1))
            {
                throw new ModelFormatException(path, $"is damaged: it holds token ids outside of the vocabulary (0 to {_model.Info.VocabularySize - 1})");
            }

            if (tokens.Length > ContextLength)
            {
                throw new ContextOverflowException(tokens.Length, ContextLength);
            }

            LoadStates(path, state, tokens.Length);
        }
        catch
        {
            cache.Dispose();
            throw;
        }

        Cache.Dispose();
        _sequence.Cache = cache;
        _tokens.Clear();
        _phases.Clear();
        AddTokens(tokens, AttentionPhase.Prompt);
        _hasLogits = false;
    }

    /// <summary>Frees the memory of keys, values and scratch at once.</summary>
    public void Dispose()
    {
        Cache.Dispose();
        _sequence.State?.Dispose();
        Attention.Dispose();
        _pass?.Dispose();
        _work?.Dispose();
    }

    private static KvCache CreateCache(Model model, KvTypes types, KvPlacement? placement)
    {
        IEnumerable<KvLayout> layouts = Enumerable.Range(0, model.Config.Layers.Count).Select(layer => model.Config.KvLayoutOf(layer, types.Key, types.Value));
        return new KvCache(model.Devices, [.. layouts], placement);
    }

    /// <summary>
    /// Forgets everything after the first <paramref name="length"/> tokens. The attention method then stands where it stood when
    /// they were the last ones; where it takes that, some of them are read again in the way they were read.
    /// </summary>
    /// <returns>Tokens that are left: less than the length where a prompt that follows had better read the others.</returns>
    private int GoBack(int length, bool promptFollows, ForwardPass? forward, CancellationToken cancellation)
    {
        if (length == _tokens.Count)
        {
            return length;
        }

        _hasLogits = false;
        if (_sequence.State is { } state)
        {
            return GoBack(state, length, promptFollows, forward, cancellation);
        }

        IReadOnlyList<AttentionPass> passes = Attention.Rollback(length, promptFollows);
        int first = passes.Count == 0 ? length : passes[0].First;
        int[] again = [.. _tokens[first..length]];
        Cache.Truncate(first);
        _tokens.RemoveRange(first, _tokens.Count - first);
        foreach (AttentionPass pass in passes)
        {
            int[] tokens = again[(pass.First - first)..(pass.First - first + pass.Count)];
            if (pass.Phase == AttentionPhase.Decode)
            {
                foreach (int token in tokens)
                {
                    cancellation.ThrowIfCancellationRequested();
                    Run(BeginStep(token), forward ?? Pass, CancellationToken.None);
                }
            }
            else if (pass.Phase == AttentionPhase.PromptEnd || !promptFollows)
            {
                PromptReading reading = new(this, tokens, pass.Phase, forward ?? Pass, progress: null);
                while (reading.Advance(cancellation))
                {
                }
            }
        }

        _hasLogits = false;
        return _tokens.Count;
    }

    /// <summary>
    /// The same where layers have a state: everything goes back to a snapshot of it, and to where the attention method can go with it.
    /// Unless a prompt follows, which had better read them, the tokens behind it are read again, each as what it was read.
    /// </summary>
    private int GoBack(SequenceState state, int length, bool promptFollows, ForwardPass? forward, CancellationToken cancellation)
    {
        int first = length;
        int snapshot;
        do
        {
            snapshot = state.SnapshotBefore(first);
            IReadOnlyList<AttentionPass> passes = Attention.Rollback(snapshot, promptFollows);
            first = passes.Count == 0 ? snapshot : passes[0].First;
        }
        while (first != snapshot);

        state.GoBack(snapshot);
        int[] again = [.. _tokens[snapshot..length]];
        AttentionPhase[] phases = [.. _phases[snapshot..length]];
        Cache.Truncate(snapshot);
        _tokens.RemoveRange(snapshot, _tokens.Count - snapshot);
        _phases.RemoveRange(snapshot, _phases.Count - snapshot);
        for (int next = 0, end; next < again.Length && !promptFollows; next = end)
        {
            end = next + 1;
            if (phases[next] == AttentionPhase.Decode)
            {
                cancellation.ThrowIfCancellationRequested();
                Run(BeginStep(again[next]), forward ?? Pass, CancellationToken.None);
                continue;
            }

            while (phases[end - 1] == AttentionPhase.Prompt && end < again.Length && phases[end] != AttentionPhase.Decode)
            {
                end++;
            }

            PromptReading reading = new(this, again.AsMemory(next, end - next), phases[end - 1], forward ?? Pass, progress: null);
            while (reading.Advance(cancellation))
            {
            }
        }

        _hasLogits = false;
        return _tokens.Count;
    }

    private void AddTokens(ReadOnlySpan<int> tokens, AttentionPhase phase)
    {
        _tokens.AddRange(tokens);
        if (_sequence.State is not null && !tokens.IsEmpty)
        {
            CollectionsMarshal.SetCount(_phases, _tokens.Count);
            Span<AttentionPhase> added = CollectionsMarshal.AsSpan(_phases)[^tokens.Length..];
            added.Fill(phase == AttentionPhase.PromptEnd ? AttentionPhase.Prompt : phase);
            added[^1] = phase;
        }
    }

    /// <summary>A model without attention has nothing that a method could choose from; plans of methods have a list for each KV head of any layer.</summary>
    private static void RequireAttention(Model model, AttentionOptions attention)
    {
        if (attention.Prefill is null && attention.Decode is null)
        {
            return;
        }

        AttentionLayers layers = model.Transformer.AttentionLayers;
        if (layers.Global.Count == 0 && !model.Config.Attends)
        {
            throw new InvalidOptionException(
                $"models of architecture '{model.Config.Architecture.HuggingFaceName}' have no attention that a method could change: only full is possible");
        }

        int[] heads = [.. layers.Global.Select(layer => layers.Shapes[layer].KvHeads).Distinct()];
        if (heads.Length > 1)
        {
            throw new InvalidOptionException(
                $"attention methods need as many KV heads in each full-attention layer, but those of {model.Info.Name} have {string.Join(", ", heads)}: only full is possible");
        }
    }

    /// <summary>How many tokens of a prompt need not be read: what it has in common with the tokens that were, without its end.</summary>
    private int CountReusable(IReadOnlyList<int> prompt)
    {
        int limit = Math.Min(_tokens.Count, prompt.Count - Math.Max(Attention.ObservedQueries, 1));
        int count = 0;
        while (count < limit && _tokens[count] == prompt[count])
        {
            count++;
        }

        return count;
    }

    /// <summary>How many tokens the next part of a prompt has.</summary>
    /// <param name="left">Tokens that are left of it.</param>
    /// <param name="phase">Whether the prompt ends with them.</param>
    /// <param name="chunk">Tokens that are read at once.</param>
    public int PartLength(int left, AttentionPhase phase, int chunk)
    {
        bool isEnd = phase == AttentionPhase.PromptEnd;
        int window = isEnd ? Attention.PromptWindow : 0;

        // A method that chooses by the whole prompt does so only where nothing was read before.
        if (left <= Math.Max(chunk, window) || (isEnd && Attention.NeedsWholePrompt && _tokens.Count == 0))
        {
            return left;
        }

        return Math.Min(chunk, left - window);
    }

    /// <summary>Reads tokens chunk by chunk and hands out a row for each; returns the last row.</summary>
    private ReadOnlySpan<float> ReadRows(
        ReadOnlySpan<int> tokens, int chunk, ForwardOutput output, int width, Action<int, ReadOnlySpan<float>> visit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, ContextLength - _tokens.Count, nameof(tokens));
        chunk = Math.Min(chunk, Chunk);
        int[] ids = tokens.ToArray();
        float[] rows = new float[(long)Math.Min(chunk, tokens.Length) * width];
        ReadOnlySpan<float> last = [];
        for (int first = 0; first < ids.Length; first += chunk)
        {
            ReadOnlyMemory<int> part = ids.AsMemory(first, Math.Min(chunk, ids.Length - first));
            Run(BeginPass(part, AttentionPhase.Prompt, output, rows), Pass, cancellation);
            for (int row = 0; row < part.Length; row++)
            {
                last = rows.AsSpan(row * width, width);
                visit(first + row, last);
            }
        }

        return last;
    }

    private void Run(Segment segment, ForwardPass pass, CancellationToken cancellation)
    {
        ReadOnlySpan<Segment> segments = [segment];
        pass.Run(segments, cancellation);
        EndPass();
    }

    /// <summary>What the attention method keeps; behind its length and it, what layers remember, where they do.</summary>
    private byte[] SaveStates()
    {
        ReadOnlySpan<byte> method = Attention.SaveState(Cache.Length);
        if (_sequence.State is not { } state)
        {
            return method.ToArray();
        }

        using MemoryStream target = new();
        using BinaryWriter writer = new(target);
        writer.Write(method.Length);
        writer.Write(method);
        writer.Flush();
        state.Save(target);
        return target.ToArray();
    }

    /// <summary>Takes over what a saved session's method and layers knew. Where that is damaged, nothing is changed.</summary>
    private void LoadStates(string path, byte[] saved, int length)
    {
        if (_sequence.State is not { } state)
        {
            LoadState(path, saved, length);
            return;
        }

        int method = saved.Length < sizeof(int) ? -1 : BinaryPrimitives.ReadInt32LittleEndian(saved);
        if (method < 0 || saved.Length - sizeof(int) - method != state.StateBytes)
        {
            throw new ModelFormatException(path, $"is damaged: it does not hold the {state.StateBytes} bytes that layers remember");
        }

        LoadState(path, saved[sizeof(int)..(sizeof(int) + method)], length);
        using MemoryStream source = new(saved, sizeof(int) + method, (int)state.StateBytes);
        state.Load(source);
    }

    /// <summary>Takes over what a saved session's method knew. Where that is damaged, nothing is changed.</summary>
    private void LoadState(string path, byte[] state, int length)
    {
        try
        {
            Attention.LoadState(state, length);
        }
        catch (InvalidDataException e)
        {
            throw new ModelFormatException(path, $"is damaged: {e.Message}", e);
        }
    }

    private float[] LogitsBuffer()
    {
        if (_logits.Length == 0)
        {
            _logits = new float[_model.Config.VocabularySize];
        }

        return _logits;
    }
}
