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
    /// <summary>Tokens that are read at once: enough rows to keep the matrix kernels busy, few enough for the activations to stay in cache.</summary>
    public const int DefaultChunk = 512;

    private readonly Model _model;
    private readonly ForwardState _state;
    private readonly ForwardPass _pass;
    private readonly List<int> _tokens = [];
    private float[] _logits = [];
    private bool _hasLogits;

    /// <param name="model">The model.</param>
    /// <param name="contextLength">Tokens that may be held.</param>
    /// <param name="attention">How to attend; null for full attention.</param>
    /// <param name="kvType">How keys and values are stored: F32, F16 or Q8_0.</param>
    /// <param name="placement">Where they are stored; null for memory.</param>
    /// <param name="chunk">Tokens that are read at once.</param>
    /// <exception cref="AttentionSpecException">The options name layers that the model does not have.</exception>
    /// <exception cref="Calibration.CalibrationException">A method needs a calibration that is missing or does not fit.</exception>
    public TokenReader(
        Model model,
        int contextLength,
        AttentionOptions? attention = null,
        TensorType kvType = TensorType.F16,
        KvPlacement? placement = null,
        int chunk = DefaultChunk)
        : this(model, contextLength, attention ?? AttentionOptions.Full, CreateCache(model, kvType, placement), chunk)
    {
    }

    private TokenReader(Model model, int contextLength, AttentionOptions attention, KvCache cache, int chunk)
    {
        Cache = cache;
        try
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contextLength);
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(chunk);
            _model = model;
            ContextLength = contextLength;
            RopeFrequencies?[] ropes = model.Config.CreateRopes(contextLength);
            MethodSetup setup = new(model.Transformer.AttentionLayers, ropes, model.Calibration, model.Config.ContextLength);
            attention.Decode?.Validate();
            attention = attention.Tuned(model.Calibration);
            Attention = new SessionAttention(model.Device, setup, attention.Prefill, attention.Decode);
            _state = new ForwardState(model.Device, model.Config, ropes, Attention, Math.Min(chunk, contextLength));
            _pass = new ForwardPass(model.Transformer, _state);
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>Tokens that may be held.</summary>
    public int ContextLength { get; }

    /// <summary>The tokens that were read.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>The tokens that were read.</summary>
    public ReadOnlySpan<int> TokenSpan => CollectionsMarshal.AsSpan(_tokens);

    /// <summary>Their keys and values.</summary>
    public KvCache Cache { get; private set; }

    /// <summary>Which rows queries attend to.</summary>
    public SessionAttention Attention { get; }

    /// <summary>The buffers.</summary>
    public ForwardState State => _state;

    /// <summary>Sees what flows through the passes; null for nobody.</summary>
    public ForwardObserver? Observer
    {
        set => _state.Observer = value;
    }

    /// <summary>The logits after the last token, [vocabulary]; overwritten by what is read next.</summary>
    /// <exception cref="InvalidOperationException">They were not computed.</exception>
    public ReadOnlySpan<float> Logits => _hasLogits
        ? _logits
        : throw new InvalidOperationException(
            "the logits after the last token are not known: the session is empty, or was cut or loaded since; compute a prompt or a token first");

    /// <summary>Makes <paramref name="prompt"/> what has been read, and computes the logits after it. What is there already is not read again.</summary>
    /// <param name="prompt">At least one token; it must fit.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number.</param>
    /// <param name="progress">Told how far it is, after each part, and within those that are longer than a chunk.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    /// <returns>How many tokens were there already.</returns>
    public int ReadPrompt(
        IReadOnlyList<int> prompt, int chunk = DefaultChunk, IProgress<PrefillProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prompt.Count, ContextLength, nameof(prompt));
        int cached = GoBack(CountReusable(prompt), promptFollows: true, cancellation);
        ReadParts([.. prompt.Skip(cached)], AttentionPhase.PromptEnd, chunk, progress, cancellation);
        return cached;
    }

    /// <summary>Reads a token that follows the prompt, and returns the logits after it. Allocates nothing.</summary>
    /// <exception cref="ContextOverflowException">The context is full.</exception>
    public ReadOnlySpan<float> Step(int token)
    {
        if (_tokens.Count >= ContextLength)
        {
            throw new ContextOverflowException(_tokens.Count + 1, ContextLength);
        }

        Append([token], AttentionPhase.Decode, ForwardOutput.LastLogits, LogitsBuffer());
        _hasLogits = true;
        return _logits;
    }

    /// <summary>Reads tokens that follow the prompt one by one, whatever the model would have said.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="visit">Given the logits after each of them; null for nobody.</param>
    /// <param name="cancellation">Looked at between tokens.</param>
    public void Force(IReadOnlyList<int> tokens, LogitsVisitor? visit = null, CancellationToken cancellation = default)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<float> logits = Step(tokens[i]);
            visit?.Invoke(i, logits);
        }
    }

    /// <summary>Reads tokens for what an observer sees of them; no end of a prompt is among them.</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void Read(ReadOnlySpan<int> tokens, CancellationToken cancellation = default) =>
        ReadRows(tokens, _state.Chunk, ForwardOutput.None, 0, (_, _) => { }, cancellation);

    /// <summary>Reads tokens and hands out the logits after each of them.</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number; as many rows of logits are held in memory.</param>
    /// <param name="visit">Called for each token, in order.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void ReadLogits(ReadOnlySpan<int> tokens, int chunk, LogitsVisitor visit, CancellationToken cancellation = default)
    {
        ReadOnlySpan<float> last = ReadRows(tokens, chunk, ForwardOutput.AllLogits, _model.Config.VocabularySize, visit, cancellation);
        if (tokens.Length > 0)
        {
            last.CopyTo(LogitsBuffer());
            _hasLogits = true;
        }
    }

    /// <summary>Reads tokens and hands out the residual stream of each after the output norm, [hidden].</summary>
    /// <param name="tokens">They must fit.</param>
    /// <param name="visit">Called for each token, in order.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    public void ReadHidden(ReadOnlySpan<int> tokens, LogitsVisitor visit, CancellationToken cancellation = default) =>
        ReadRows(tokens, _state.Chunk, ForwardOutput.Hidden, _model.Config.HiddenSize, visit, cancellation);

    /// <summary>Lets random keys and values stand for a prompt, but for its end, which is read: a method begins with what that looks at.</summary>
    /// <param name="prompt">At least one token; it must fit.</param>
    /// <param name="seed">Same seed, same rows.</param>
    /// <param name="cancellation">Looked at between layers and chunks of the end.</param>
    public void FillRandomly(IReadOnlyList<int> prompt, int seed, CancellationToken cancellation = default)
    {
        Truncate(0);
        int filled = Math.Max(prompt.Count - Math.Max(_state.Chunk, Attention.PromptWindow), 0);
        if (filled > 0)
        {
            RandomRows.Append(_state, Cache, filled, seed);
            _tokens.AddRange(prompt.Take(filled));
        }

        ReadPrompt(prompt, cancellation: cancellation);
    }

    /// <summary>Forgets everything after the first <paramref name="length"/> tokens: what follows is read as if nothing had stood there.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _tokens.Count);
        GoBack(length, promptFollows: false, CancellationToken.None);
    }

    /// <summary>A second reader that begins where this one stands; both share the memory of what they have in common.</summary>
    /// <param name="attention">How the second one attends.</param>
    public TokenReader Fork(AttentionOptions attention)
    {
        TokenReader fork = new(_model, ContextLength, attention, Cache.Fork(), _state.Chunk);
        fork._tokens.AddRange(_tokens);
        fork.Attention.CopyState(Attention, Cache.Length);
        if (_hasLogits)
        {
            _logits.CopyTo(fork.LogitsBuffer());
            fork._hasLogits = true;
        }

        return fork;
    }

    /// <summary>Writes tokens, keys, values and what the attention method keeps to a file.</summary>
    /// <exception cref="WinnowException">The file cannot be written.</exception>
    public void Save(string path) => KvCacheFile.Save(path, Cache, TokenSpan, _model.Info.Fingerprint, Attention.SaveState(Cache.Length));

    /// <summary>Replaces everything by what a file holds.</summary>
    /// <exception cref="WinnowException">The file is damaged, or belongs to another model or KV type; nothing was changed.</exception>
    /// <exception cref="ContextOverflowException">It holds more tokens than this reader may; nothing was changed.</exception>
    public void Load(string path)
    {
        (KvCache cache, int[] tokens, byte[] state) = KvCacheFile.Load(path, _model.Device, Cache.Layouts, _model.Info.Fingerprint, Cache.Placement);
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

            LoadState(path, state);
        }
        catch
        {
            cache.Dispose();
            throw;
        }

        Cache.Dispose();
        Cache = cache;
        _tokens.Clear();
        _tokens.AddRange(tokens);
        _hasLogits = false;
    }

    /// <summary>Frees the memory of keys, values and scratch at once.</summary>
    public void Dispose()
    {
        Cache.Dispose();
        _state.Dispose();
    }

    private static KvCache CreateCache(Model model, TensorType type, KvPlacement? placement) => new(
        model.Device, [.. model.Config.Layers.Select(_ => new KvLayout(model.Config.KvHeads, model.Config.HeadDimension, type))], placement);

    /// <summary>
    /// Forgets everything after the first <paramref name="length"/> tokens. The attention method then stands where it stood when
    /// they were the last ones; where it takes that, some of them are read again in the way they were read.
    /// </summary>
    /// <returns>Tokens that are left: less than the length where a prompt that follows had better read the others.</returns>
    private int GoBack(int length, bool promptFollows, CancellationToken cancellation)
    {
        if (length == _tokens.Count)
        {
            return length;
        }

        _hasLogits = false;
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
                Force(tokens, visit: null, cancellation);
            }
            else if (pass.Phase == AttentionPhase.PromptEnd || !promptFollows)
            {
                ReadParts(tokens, pass.Phase, _state.Chunk, progress: null, cancellation);
            }
        }

        _hasLogits = false;
        return _tokens.Count;
    }

    /// <summary>Reads a prompt, or what is left of one, part by part.</summary>
    /// <param name="rest">The tokens.</param>
    /// <param name="phase">Whether the prompt ends with them; the logits after it are computed then.</param>
    /// <param name="chunk">Tokens that are read at once, at most the reader's own number.</param>
    /// <param name="progress">Told how far it is, after each part, and within those that are longer than a chunk.</param>
    /// <param name="cancellation">Looked at between layers and chunks.</param>
    private void ReadParts(int[] rest, AttentionPhase phase, int chunk, IProgress<PrefillProgress>? progress, CancellationToken cancellation)
    {
        int end = _tokens.Count + rest.Length;
        for (int done = 0, count; done < rest.Length; done += count)
        {
            cancellation.ThrowIfCancellationRequested();
            count = PartLength(rest.Length - done, phase, Math.Min(chunk, _state.Chunk));
            ReadOnlySpan<int> part = rest.AsSpan(done, count);
            Action<double>? within = progress is null ? null : ReportWithin(progress, _tokens.Count, count, end);
            if (phase == AttentionPhase.PromptEnd && done + count == rest.Length)
            {
                Append(part, AttentionPhase.PromptEnd, ForwardOutput.LastLogits, LogitsBuffer(), within, cancellation);
                _hasLogits = true;
            }
            else
            {
                Append(part, AttentionPhase.Prompt, ForwardOutput.None, [], within, cancellation);
            }

            progress?.Report(new PrefillProgress(_tokens.Count, end));
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

    private static Action<double> ReportWithin(IProgress<PrefillProgress> progress, int first, int count, int total) =>
        fraction => progress.Report(new PrefillProgress(first + (int)(fraction * count), total));

    /// <summary>How many tokens the next part of a prompt has.</summary>
    private int PartLength(int left, AttentionPhase phase, int chunk)
    {
        bool isEnd = phase == AttentionPhase.PromptEnd;
        int window = isEnd ? Attention.PromptWindow : MethodHistory.FewTokens;

        // A method that chooses by the whole prompt does so only where nothing was read before.
        if (left <= Math.Max(chunk, window) || (isEnd && Attention.NeedsWholePrompt && _tokens.Count == 0))
        {
            return left;
        }

        return Math.Min(chunk, left - window);
    }

    /// <summary>Reads tokens chunk by chunk and hands out a row for each; returns the last row.</summary>
    private ReadOnlySpan<float> ReadRows(
        ReadOnlySpan<int> tokens, int chunk, ForwardOutput output, int width, LogitsVisitor visit, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens.Length, ContextLength - _tokens.Count, nameof(tokens));
        chunk = Math.Min(chunk, _state.Chunk);
        float[] rows = new float[(long)Math.Min(chunk, tokens.Length) * width];
        ReadOnlySpan<float> last = [];
        for (int first = 0; first < tokens.Length; first += chunk)
        {
            cancellation.ThrowIfCancellationRequested();
            ReadOnlySpan<int> part = tokens.Slice(first, Math.Min(chunk, tokens.Length - first));
            Append(part, AttentionPhase.Prompt, output, rows.AsSpan(0, part.Length * width), progress: null, cancellation);
            for (int row = 0; row < part.Length; row++)
            {
                last = rows.AsSpan(row * width, width);
                visit(first + row, last);
            }
        }

        return last;
    }

    private void Append(
        ReadOnlySpan<int> tokens,
        AttentionPhase phase,
        ForwardOutput output,
        Span<float> result,
        Action<double>? progress = null,
        CancellationToken cancellation = default)
    {
        _hasLogits = false;
        _pass.Run(tokens, Cache, phase, output, result, progress, cancellation);
        _tokens.AddRange(tokens);
    }

    /// <summary>Takes over what a saved session's method knew. Where that is damaged, the method begins anew with the rows that stay.</summary>
    private void LoadState(string path, byte[] state)
    {
        try
        {
            Attention.LoadState(state);
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
