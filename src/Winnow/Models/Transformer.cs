using Winnow.Attention;
using Winnow.Cache;
using Winnow.Calibration;
using Winnow.Compute;
using Winnow.Formats;

namespace Winnow.Models;

/// <summary>The decoder-only transformer: every supported architecture, on any device. Immutable; shared by sessions.</summary>
/// <remarks>
/// https://arxiv.org/abs/1706.03762 in the form of Llama (https://arxiv.org/abs/2302.13971). What an architecture lacks is
/// null or neutral in its weights and its configuration, and is passed over here.
/// </remarks>
internal sealed class Transformer
{
    private readonly Device _device;
    private readonly ModelConfig _config;
    private readonly TransformerWeights _weights;
    private readonly AttentionShape[] _shapes;
    private readonly ModelCalibration _calibration;

    public Transformer(Device device, ModelConfig config, TransformerWeights weights, ModelCalibration? calibration = null)
    {
        _device = device;
        _config = config;
        _weights = weights;
        _shapes = [.. config.Layers.Select(layer => new AttentionShape(
            config.QueryHeads, config.KvHeads, config.HeadDimension, config.AttentionScale, config.AttentionSoftCap, layer.Window))];
        AttentionLayers = new AttentionLayers(_shapes);
        _calibration = calibration ?? ModelCalibration.None;
    }

    /// <summary>The attention layers as methods see them.</summary>
    public AttentionLayers AttentionLayers { get; }

    /// <summary>Creates an empty cache for a session.</summary>
    /// <param name="type">How keys and values are stored: F32, F16 or Q8_0.</param>
    /// <param name="placement">In the device's memory or on disk; null for memory.</param>
    public KvCache CreateCache(TensorType type, KvPlacement? placement = null) =>
        new(_device, [.. _config.Layers.Select(_ => new KvLayout(_config.KvHeads, _config.HeadDimension, type))], placement);

    /// <summary>Creates the buffers of a session.</summary>
    /// <param name="contextLength">Tokens that it may hold.</param>
    /// <param name="attention">How the session attends; null for full attention.</param>
    /// <param name="chunk">Tokens that pass through the layers at once.</param>
    /// <exception cref="AttentionSpecException">The options name layers that the model does not have.</exception>
    /// <exception cref="CalibrationException">A method needs a calibration that is missing or does not fit.</exception>
    public ForwardState CreateState(int contextLength, AttentionOptions? attention = null, int chunk = ForwardState.DefaultChunk)
    {
        RopeFrequencies?[] ropes = CreateRopes(contextLength);
        SessionAttention session = new(_device, new MethodSetup(AttentionLayers, ropes, _calibration, _config.ContextLength), attention ?? AttentionOptions.Full);
        return new ForwardState(_device, _config, contextLength, ropes, session, chunk);
    }

    /// <summary>The floats that an output takes.</summary>
    public int OutputLength(ForwardOutput output, int tokens) => output switch
    {
        ForwardOutput.LastLogits => _config.VocabularySize,
        ForwardOutput.AllLogits => checked(tokens * _config.VocabularySize),
        ForwardOutput.Hidden => checked(tokens * _config.HiddenSize),
        _ => 0,
    };

    /// <summary>Reads tokens: appends their keys and values to the cache and computes what is asked for.</summary>
    /// <param name="state">The session's buffers.</param>
    /// <param name="ids">One token, or a prompt of any length, read in chunks.</param>
    /// <param name="cache">What the session has read so far; longer by the tokens afterwards.</param>
    /// <param name="phase">Whether the tokens are a part of a prompt, its end, or one decode step.</param>
    /// <param name="output">What to compute.</param>
    /// <param name="result">Where it goes, as long as <see cref="OutputLength"/> says.</param>
    /// <param name="cancellation">Looked at between chunks; those that were read stay in the cache.</param>
    public void Forward(
        ForwardState state,
        ReadOnlySpan<int> ids,
        KvCache cache,
        AttentionPhase phase,
        ForwardOutput output,
        Span<float> result,
        CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ids.Length, nameof(ids));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(ids.Length, state.ContextLength - cache.Length, nameof(ids));
        ArgumentOutOfRangeException.ThrowIfNotEqual(result.Length, OutputLength(output, ids.Length), nameof(result));
        if (state.Observer?.LastLayer is not null && output != ForwardOutput.None)
        {
            throw new ArgumentException("a pass that an observer ends early has no output", nameof(output));
        }

        cache.Reserve(ids.Length);
        while (ids.Length > 0)
        {
            bool isWhole = phase == AttentionPhase.PromptEnd && state.SessionAttention.NeedsWholePrompt;
            state.BeginPass(isWhole ? ids.Length : Math.Min(ids.Length, state.Chunk));
            bool isLast = state.PassRows == ids.Length;
            state.SessionAttention.Begin(phase == AttentionPhase.PromptEnd && !isLast ? AttentionPhase.Prompt : phase, cache.Length, state.PassRows);
            ReadPass(state, ids[..state.PassRows], cache, OutputRows(state, phase, output, isLast), cancellation);
            cache.Advance(state.PassRows);
            ids = ids[state.PassRows..];
            for (int first = 0; first < state.PassRows; first += state.Chunk)
            {
                state.MoveTo(first);
                result = Emit(state, output, isLast && first + state.Rows == state.PassRows, result);
            }
        }
    }

    /// <summary>The rotation of each layer; layers of equal configuration share a table.</summary>
    public RopeFrequencies?[] CreateRopes(int contextLength)
    {
        Dictionary<RopeConfig, RopeFrequencies> tables = [];
        RopeFrequencies?[] ropes = new RopeFrequencies?[_config.Layers.Count];
        for (int i = 0; i < ropes.Length; i++)
        {
            if (_config.Layers[i].Rope is { } rope)
            {
                if (!tables.TryGetValue(rope, out RopeFrequencies? frequencies))
                {
                    tables[rope] = frequencies = rope.CreateFrequencies(_config.RopeIsInterleaved, contextLength);
                }

                ropes[i] = frequencies;
            }
        }

        return ropes;
    }

    /// <summary>Fills the cache with random keys and values, normally distributed, as if tokens had been read: for measuring speed.</summary>
    /// <param name="state">The session's buffers.</param>
    /// <param name="tokens">How many tokens.</param>
    /// <param name="cache">Longer by the tokens afterwards.</param>
    /// <param name="seed">Same seed, same rows.</param>
    public void FillRandomly(ForwardState state, int tokens, KvCache cache, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, state.ContextLength - cache.Length);
        cache.Reserve(tokens);
        Random random = new(seed);
        float[] values = new float[state.Chunk * _config.KvHeads * _config.HeadDimension];
        for (int done = 0; done < tokens; done += state.Rows)
        {
            state.BeginPass(Math.Min(state.Chunk, tokens - done));
            state.SessionAttention.Begin(AttentionPhase.Prompt, cache.Length, state.Rows);
            for (int layer = 0; layer < cache.LayerCount; layer++)
            {
                foreach (Matrix rows in (ReadOnlySpan<Matrix>)[state.Key, state.Value])
                {
                    Span<float> part = values.AsSpan(0, rows.Rows * rows.Columns);
                    foreach (ref float value in part)
                    {
                        // The sum of four uniform variables, shifted and scaled to mean 0 and deviation 1, is normal enough.
                        value = (random.NextSingle() + random.NextSingle() + random.NextSingle() + random.NextSingle() - 2) * 1.7320508f;
                    }

                    state.Stream.Write(part, rows);
                }

                state.SessionAttention.ObserveKeys(state.Stream, layer, cache.Length, state.Key);
                state.Stream.Append(cache.Layer(layer), state.Key, state.Value, cache.Length);
                cache.Leave(layer);
            }

            cache.Advance(state.Rows);
        }
    }

    /// <summary>
    /// How many tokens of a pass, its last ones, must come out of the last layer: of a prompt, only the last token's logits are
    /// asked for, and the others leave nothing but their keys and values there.
    /// </summary>
    private static int OutputRows(ForwardState state, AttentionPhase phase, ForwardOutput output, bool isLast) => output switch
    {
        _ when phase == AttentionPhase.Decode || state.Observer is not null => state.PassRows,
        ForwardOutput.None => 0,
        ForwardOutput.LastLogits => isLast ? 1 : 0,
        _ => state.PassRows,
    };

    /// <summary>Takes the tokens of a pass through all layers. Only attention sees them all at once; everything else goes chunk by chunk.</summary>
    private void ReadPass(ForwardState state, ReadOnlySpan<int> ids, KvCache cache, int outputRows, CancellationToken cancellation)
    {
        ComputeStream stream = state.Stream;
        for (int first = 0; first < ids.Length; first += state.Chunk)
        {
            state.MoveTo(first);
            stream.Embed(_weights.Embedding, ids.Slice(first, state.Rows), state.Hidden);
            Scale(stream, state.Hidden, _config.EmbeddingScale);
        }

        for (int i = 0; i < _weights.Layers.Length; i++)
        {
            LayerWeights layer = _weights.Layers[i];
            KvLayer rows = cache.Layer(i);
            for (int first = 0; first < ids.Length; first += state.Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                state.MoveTo(first);
                ProjectHeads(state, layer, i, rows, cache.Length + first);
            }

            if (i == state.Observer?.LastLayer)
            {
                return;
            }

            // Which rows the queries attend to is the session's choice; a method may ask for the mass that they received.
            int outputs = i == _weights.Layers.Length - 1 ? outputRows : ids.Length;
            state.SessionAttention.Attend(new AttentionCall(
                stream, i, _shapes[i], rows, cache.Length, state.PassQuery, state.PassUnrotatedQuery, state.PassAttended, outputs));
            cache.Leave(i);

            for (int first = ids.Length - outputs; first < ids.Length; first += state.Chunk)
            {
                cancellation.ThrowIfCancellationRequested();
                state.MoveTo(first);
                Transform(state, layer);
                if (i == _weights.Layers.Length - 1)
                {
                    state.Observer?.ObserveHidden(stream, i + 1, cache.Length + first, state.Hidden);
                }
            }
        }
    }

    /// <summary>Queries, keys and values of a chunk, normalised and rotated; keys and values go into the cache.</summary>
    private void ProjectHeads(ForwardState state, LayerWeights layer, int index, KvLayer rows, int position)
    {
        ComputeStream stream = state.Stream;
        state.Observer?.ObserveHidden(stream, index, position, state.Hidden);
        Matrix input = Normalize(stream, layer.AttentionNorm, state.Hidden, state.Normed);
        Project(stream, layer.QueryKeyValue, input, [state.Query, state.Key, state.Value]);
        Normalize(stream, layer.QueryNorm, state.Query, state.Query);
        Normalize(stream, layer.KeyNorm, state.Key, state.Key);
        state.Observer?.ObserveHeads(stream, index, position, state.Query, state.Key);
        state.SessionAttention.ObserveKeys(stream, index, position, state.Key);
        if (state.UnrotatedQuery is { } unrotated)
        {
            stream.Copy(state.Query, unrotated);
        }

        if (state.Ropes[index] is { } rope)
        {
            stream.Rope(state.Query, _config.HeadDimension, rope, position);
            stream.Rope(state.Key, _config.HeadDimension, rope, position);
        }

        stream.Append(rows, state.Key, state.Value, position);
    }

    /// <summary>What attention yielded and the feed-forward block go into the residual stream of a chunk.</summary>
    private void Transform(ForwardState state, LayerWeights layer)
    {
        ComputeStream stream = state.Stream;
        Project(stream, layer.AttentionOutput, state.Attended, state.Attention);
        Normalize(stream, layer.PostAttentionNorm, state.Attention, state.Attention);
        if (!_config.IsParallel)
        {
            stream.Add(state.Hidden, state.Attention, _config.ResidualScale);
            FeedForward(state, layer);
        }
        else
        {
            FeedForward(state, layer);
            stream.Add(state.Hidden, state.Attention, _config.ResidualScale);
        }

        stream.Add(state.Hidden, state.FeedForward, _config.ResidualScale);
    }

    /// <summary>Feed-forward block: from <see cref="ForwardState.Hidden"/> to <see cref="ForwardState.FeedForward"/>.</summary>
    private void FeedForward(ForwardState state, LayerWeights layer)
    {
        ComputeStream stream = state.Stream;
        Matrix input = Normalize(stream, layer.FeedForwardNorm, state.Hidden, state.Normed);
        if (layer is { Experts: { } experts, Router: { } router })
        {
            stream.MatMul(router, input, state.Scores);
            stream.MixExperts(experts, state.Scores, input, state.FeedForward);
        }
        else if (_config.Architecture.IsGated)
        {
            Project(stream, layer.GateUp!, input, [state.Gate, state.Up]);
            stream.Gate(_config.Activation, state.Gate, state.Up, state.Gate);
            Project(stream, layer.Down!, state.Gate, state.FeedForward);
        }
        else
        {
            Project(stream, layer.GateUp!, input, [state.Up]);
            stream.Activate(_config.Activation, state.Up);
            Project(stream, layer.Down!, state.Up, state.FeedForward);
        }

        Normalize(stream, layer.PostFeedForwardNorm, state.FeedForward, state.FeedForward);
    }

    /// <summary>Writes what a chunk contributes to the result; returns the rest of it.</summary>
    private Span<float> Emit(ForwardState state, ForwardOutput output, bool isLast, Span<float> result)
    {
        switch (output)
        {
            case ForwardOutput.LastLogits when isLast:
                ComputeLogits(state, state.Rows - 1, state.LastLogits, result);
                return [];
            case ForwardOutput.AllLogits:
                for (int row = 0; row < state.Rows;)
                {
                    Matrix logits = state.Logits.RowSlice(0, Math.Min(state.Logits.Rows, state.Rows - row));
                    ComputeLogits(state, row, logits, result[..(logits.Rows * logits.Columns)]);
                    result = result[(logits.Rows * logits.Columns)..];
                    row += logits.Rows;
                }

                return result;
            case ForwardOutput.Hidden:
                Matrix hidden = Normalize(state.Stream, _weights.OutputNorm, state.Hidden, state.Normed);
                state.Stream.Read(hidden, result[..(hidden.Rows * hidden.Columns)]);
                return result[(hidden.Rows * hidden.Columns)..];
            default:
                return result;
        }
    }

    private void ComputeLogits(ForwardState state, int firstRow, Matrix logits, Span<float> result)
    {
        ComputeStream stream = state.Stream;
        Matrix hidden = state.Hidden.RowSlice(firstRow, logits.Rows);
        Matrix input = Normalize(stream, _weights.OutputNorm, hidden, state.Normed.RowSlice(0, logits.Rows));
        Project(stream, _weights.Output, input, logits);
        Scale(stream, logits, _config.LogitScale);
        if (_config.LogitSoftCap > 0)
        {
            stream.SoftCap(logits, _config.LogitSoftCap);
        }

        stream.Read(logits, result);
    }

    /// <summary>Normalises into <paramref name="output"/>, or passes the input on where the architecture has no norm here.</summary>
    private Matrix Normalize(ComputeStream stream, Norm? norm, Matrix input, Matrix output)
    {
        if (norm is null)
        {
            return input;
        }

        if (_config.Architecture.Norm == NormKind.Layer)
        {
            stream.LayerNorm(input, norm.Weight, norm.Bias, _config.NormEpsilon, output);
        }
        else
        {
            stream.RmsNorm(input, norm.Weight, _config.NormEpsilon, output);
        }

        return output;
    }

    private static void Project(ComputeStream stream, Projection projection, Matrix input, Matrix output)
    {
        stream.MatMul(projection.Weight, input, output);
        AddBias(stream, projection, output);
    }

    private static void Project(ComputeStream stream, ProjectionGroup group, Matrix input, ReadOnlySpan<Matrix> outputs)
    {
        stream.MatMul(group.Weights, input, outputs);
        for (int i = 0; i < outputs.Length; i++)
        {
            AddBias(stream, group.Projections[i], outputs[i]);
        }
    }

    private static void AddBias(ComputeStream stream, Projection projection, Matrix output)
    {
        if (projection.Bias is { } bias)
        {
            stream.Add(output, bias);
        }
    }

    private static void Scale(ComputeStream stream, Matrix values, float factor)
    {
        if (factor != 1)
        {
            stream.Scale(values, factor);
        }
    }
}
