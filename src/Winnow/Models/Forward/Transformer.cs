using Winnow.Attention;
using Winnow.Cache;
using Winnow.Compute;
using Winnow.Models.Config;
using Winnow.Models.Weights;

namespace Winnow.Models.Forward;

/// <summary>The decoder-only transformer: every supported architecture, on any device. Immutable; shared by sessions.</summary>
/// <remarks>
/// https://arxiv.org/abs/1706.03762 in the form of Llama (https://arxiv.org/abs/2302.13971). What an architecture lacks is
/// null or neutral in its weights and its configuration, and is passed over here. In which order chunks of rows go through
/// the layers is up to <see cref="ForwardPass"/>. What one sequence adds to a projection (a low-rank adapter) is added to the
/// rows of its part after <c>Project</c>, as rotation and cache are per part in <c>RotateAppend</c>.
/// </remarks>
internal sealed class Transformer
{
    private readonly TransformerWeights _weights;

    public Transformer(ModelConfig config, TransformerWeights weights)
    {
        Config = config;
        _weights = weights;
        AttentionLayers = new AttentionLayers(
            [.. weights.Layers.Select((layer, i) => config.ShapeOf(i) with { Sinks = layer.Sinks })],
            [.. config.Layers.Select(layer => layer.Attends)]);
        StateParts = [.. config.Layers.SelectMany((layer, i) => layer.Recurrent?.PartsOf(i) ?? [])];
    }

    /// <summary>The hyper-parameters.</summary>
    public ModelConfig Config { get; }

    /// <summary>The attention layers as methods see them.</summary>
    public AttentionLayers AttentionLayers { get; }

    /// <summary>What layers remember of a sequence beside keys and values.</summary>
    public IReadOnlyList<StatePart> StateParts { get; }

    /// <summary>Elements of what the heads of a layer yield.</summary>
    public int AttendedWidth(int layer) => Config.QueryHeads * Config.ValueDimensionOf(layer);

    /// <summary>The tokens of a chunk enter the residual stream.</summary>
    public void Embed(ForwardState state, PassRows rows)
    {
        state.Stream.Embed(_weights.Embedding, rows.Ids, rows.Hidden);
        Scale(state.Stream, rows.Hidden, Config.EmbeddingScale);
        if (_weights.Positions is { } positions)
        {
            Matrix vectors = state.Room(PassRoom.Position, Config.HiddenSize);
            state.Stream.Embed(positions, rows.Positions, vectors);
            state.Stream.Add(rows.Hidden, vectors);
        }

        Normalize(state.Stream, _weights.EmbeddingNorm, rows.Hidden, rows.Hidden);
        if (_weights.PerLayer is { } perLayer)
        {
            EmbedPerLayer(state, rows, perLayer);
        }
    }

    /// <summary>
    /// Queries, keys and values of a chunk, normalised and rotated; keys and values go into the caches. A block with a state does all of
    /// its work but the output projection: it takes the chunks of a sequence in their order.
    /// </summary>
    public void ProjectHeads(ForwardState state, PassRows rows, int index)
    {
        LayerWeights layer = _weights.Layers[index];
        ComputeStream stream = state.Stream;
        foreach (SegmentPart part in rows)
        {
            part.Segment.Sequence.Observer?.ObserveHidden(stream, index, part.CacheRow, rows.Hidden.RowSlice(part.FirstRow, part.Rows));
        }

        Matrix input = layer.Mixes ? Normalize(stream, layer.AttentionNorm, rows.Hidden, state.Normed) : rows.Hidden;
        if (Config.Layers[index].Residual is { } residual)
        {
            PassOn(stream, rows, input, residual.MixerStream);
        }

        if (layer.AttentionOutput is not null)
        {
            HeadProjection.Project(Config, layer, index, state, rows, input);
            foreach (SegmentPart part in rows)
            {
                RotateAppend(state, rows, part, layer, index);
            }
        }

        layer.Recurrent?.Run(state, rows, index, input, rows.Recurrent(Config.Layers[index].Recurrent!.Width));
    }

    /// <summary>The tokens of a segment attend, each to those before it and to itself; which rows is the sequence's choice.</summary>
    /// <param name="state">The stream.</param>
    /// <param name="rows">The pass.</param>
    /// <param name="segment">The segment; its keys and values are in place behind those in the cache.</param>
    /// <param name="index">The layer.</param>
    /// <param name="outputs">How many of the last tokens must be answered.</param>
    /// <param name="cancellation">Looked at between parts of the queries.</param>
    public void Attend(ForwardState state, PassRows rows, Segment segment, int index, int outputs, CancellationToken cancellation)
    {
        Sequence sequence = segment.Sequence;
        sequence.Attention.Attend(new AttentionCall(
            state.Stream,
            index,
            segment.IsCausal ? AttentionLayers.Shapes[index] : AttentionLayers.Bidirectional[index],
            sequence.Cache.Layer(Config.Layers[index].SharedKvLayer ?? index),
            sequence.Cache.Length,
            rows.QueryOf(segment, QueryWidth(index)),
            rows.UnrotatedQueryOf(segment, QueryWidth(index)),
            rows.AttendedOf(segment, AttendedWidth(index)),
            outputs,
            cancellation));
        sequence.Cache.Leave(index);
    }

    /// <summary>What attention yielded and the feed-forward block go into the residual stream of a chunk.</summary>
    public void Transform(ForwardState state, PassRows rows, int index)
    {
        LayerWeights layer = _weights.Layers[index];
        ComputeStream stream = state.Stream;
        Matrix hidden = rows.Hidden;
        if (layer.Mixes)
        {
            ProjectMixed(state, rows, layer, index);
            Normalize(stream, layer.PostAttentionNorm, state.Attention, state.Attention);
        }

        if (!layer.Mixes)
        {
            FeedForward(state, rows, layer, Normalize(stream, layer.FeedForwardNorm, hidden, state.Normed));
        }
        else if (!layer.FeedsForward)
        {
            stream.Add(hidden, state.Attention, Config.ResidualScale);
        }
        else if (Config.Layers[index].Residual is { } residual)
        {
            stream.AddNorm(hidden, state.Attention, residual.MixerBlock, layer.FeedForwardNorm!, state.Normed);
            PassOn(stream, rows, state.Normed, residual.FeedForwardStream);
            FeedForward(state, rows, layer, state.Normed, residual.FeedForwardBlock);
        }
        else if (Config.IsParallel)
        {
            // Both blocks read the same residual stream.
            Matrix input = Normalize(stream, layer.FeedForwardNorm, hidden, state.Normed);
            stream.Add(hidden, state.Attention, Config.ResidualScale);
            FeedForward(state, rows, layer, input);
        }
        else if (layer.FeedForwardNorm is { } norm)
        {
            stream.AddNorm(hidden, state.Attention, Config.ResidualScale, norm, state.Normed);
            FeedForward(state, rows, layer, state.Normed);
        }
        else
        {
            stream.Add(hidden, state.Attention, Config.ResidualScale);
            FeedForward(state, rows, layer, hidden);
        }

        if (layer.PerLayer is { } perLayer)
        {
            AddPerLayer(state, rows, perLayer, index);
        }

        Scale(stream, hidden, layer.Scale);
    }

    /// <summary>The logits after some rows of a pass, [rows, vocabulary].</summary>
    /// <param name="state">Where they are computed.</param>
    /// <param name="rows">The pass.</param>
    /// <param name="first">The first of the rows.</param>
    /// <param name="count">How many, at most <see cref="ForwardState.LogitRows"/>.</param>
    public Matrix Logits(ForwardState state, PassRows rows, int first, int count)
    {
        ComputeStream stream = state.Stream;
        Matrix logits = state.Logits(count);
        Matrix input = NormalizeOutput(state, rows.HiddenRows(first, count));
        Project(stream, _weights.Output, input, logits, Math.Clamp(rows.StepCount - first, 0, count));
        Scale(stream, logits, Config.LogitScale);
        if (Config.LogitSoftCap > 0)
        {
            stream.SoftCap(logits, Config.LogitSoftCap);
        }

        return logits;
    }

    /// <summary>The residual stream of at most a chunk of rows after the output norm, [rows, hidden].</summary>
    public Matrix NormalizeOutput(ForwardState state, Matrix hidden)
    {
        state.Rows = hidden.Rows;
        return Normalize(state.Stream, _weights.OutputNorm, hidden, state.Normed);
    }

    /// <summary>The output projections of attention and of a block with a state: their sum where a layer has both.</summary>
    private void ProjectMixed(ForwardState state, PassRows rows, LayerWeights layer, int index)
    {
        ComputeStream stream = state.Stream;
        if (layer.AttentionOutput is { } output)
        {
            Project(stream, output, HeadProjection.Collect(Config, layer, index, state, rows), state.Attention, rows.Steps);
            Scale(stream, state.Attention, Config.AttentionOutputScale);
        }

        if (layer.Recurrent is { } recurrent)
        {
            Matrix result = layer.AttentionOutput is null ? state.Attention : state.FeedForward;
            Project(stream, recurrent.Output, rows.Recurrent(recurrent.Output.Weight.Inputs), result, rows.Steps);
            Scale(stream, result, Config.RecurrentOutputScale);
            if (layer.AttentionOutput is not null)
            {
                stream.Add(state.Attention, result);
            }
        }
    }

    private int QueryWidth(int layer) => Config.QueryHeads * Config.KeyDimensionOf(layer);

    /// <summary>What a block reads goes past it too, times a factor.</summary>
    private static void PassOn(ComputeStream stream, PassRows rows, Matrix input, float factor)
    {
        stream.Copy(input, rows.Hidden);
        Scale(stream, rows.Hidden, factor);
    }

    private void RotateAppend(ForwardState state, PassRows rows, SegmentPart part, LayerWeights layer, int index)
    {
        ComputeStream stream = state.Stream;
        Sequence sequence = part.Segment.Sequence;
        Matrix query = rows.Query(QueryWidth(index)).RowSlice(part.FirstRow, part.Rows);
        Matrix? unrotated = sequence.Attention.NeedsUnrotatedQueries ? rows.UnrotatedQuery(QueryWidth(index))?.RowSlice(part.FirstRow, part.Rows) : null;
        ReadOnlySpan<int> positions = rows.Positions.Slice(part.FirstRow, part.Rows);
        RopeFrequencies? rope = sequence.Ropes[index];
        bool isShared = Config.Layers[index].SharedKvLayer is not null;
        Matrix key = state.Key(index).RowSlice(part.FirstRow, part.Rows);
        HeadRows heads = new(query, unrotated, key, state.Value(index).RowSlice(part.FirstRow, part.Rows), Config.KeyDimensionOf(index));
        bool normsAfter = Config.Architecture.NormsAfterRotation;
        RowNorm? queryNorm = normsAfter ? null : layer.QueryNorm;
        RowNorm? keyNorm = normsAfter ? null : layer.KeyNorm;
        if (!normsAfter && (queryNorm is null || isShared || sequence.Observer is not null || sequence.Attention.ObservesKeys))
        {
            // Whoever looks at heads wants them after their norms and before rotation.
            NormalizeHeads(stream, layer, heads, isShared);
            queryNorm = keyNorm = null;
        }

        // Before anybody looks at heads too: a bias by position stands in elements of theirs.
        HeadProjection.AddPositions(Config, index, stream, heads, positions, part.CacheRow);
        if (sequence.Observer is not null || sequence.Attention.ObservesKeys)
        {
            sequence.Observer?.ObserveHeads(stream, index, part.CacheRow, heads.Query, heads.Key);
            sequence.Attention.ObserveKeys(stream, index, part.CacheRow, heads.Key);
        }

        if (isShared || (normsAfter && layer.QueryNorms.Length > 0))
        {
            if (unrotated is { } copy)
            {
                stream.Copy(heads.Query, copy);
            }

            if (rope is not null)
            {
                stream.Rope(heads.Query, heads.HeadDimension, rope, positions);
            }

            if (isShared)
            {
                return;
            }

            if (rope is not null)
            {
                stream.Rope(heads.Key, heads.HeadDimension, rope, positions);
            }

            NormalizeHeads(stream, layer, heads, isShared: false);
            stream.Append(sequence.Cache.Layer(index), heads.Key, heads.Value, part.CacheRow);
            return;
        }

        stream.RotateAppend(heads, queryNorm, keyNorm, rope, positions, sequence.Cache.Layer(index), part.CacheRow);
    }

    /// <summary>The vectors for each layer: the normalised projection of the embedding and an embedding of their own, both of unit variance.</summary>
    private void EmbedPerLayer(ForwardState state, PassRows rows, PerLayerInputs inputs)
    {
        ComputeStream stream = state.Stream;
        Matrix vectors = rows.PerLayer!.Value;
        Matrix own = state.Room(PassRoom.PerLayer, vectors.Columns);
        stream.MatMul(inputs.Projection, rows.Hidden, vectors, rows.Steps);
        stream.Scale(vectors, 1 / MathF.Sqrt(Config.HiddenSize));
        stream.Normalize(inputs.Norm, vectors, vectors);
        stream.Embed(inputs.Embedding, rows.Ids, own);
        stream.Add(vectors, own, MathF.Sqrt(Config.PerLayerSize));
        stream.Scale(vectors, 1 / MathF.Sqrt(2));
    }

    /// <summary>A layer's own vector of each token goes into the residual stream, gated by it.</summary>
    private void AddPerLayer(ForwardState state, PassRows rows, PerLayerWeights weights, int index)
    {
        ComputeStream stream = state.Stream;
        Matrix gate = state.Room(PassRoom.PerLayerGate, Config.PerLayerSize);
        stream.MatMul(weights.Gate, rows.Hidden, gate, rows.Steps);
        stream.Gate(Config.Activation, gate, rows.PerLayer!.Value.ColumnSlice(index * Config.PerLayerSize, Config.PerLayerSize), gate);
        stream.MatMul(weights.Projection, gate, state.FeedForward, rows.Steps);
        stream.Normalize(weights.Norm, state.FeedForward, state.FeedForward);
        stream.Add(rows.Hidden, state.FeedForward);
    }

    private static void NormalizeHeads(ComputeStream stream, LayerWeights layer, HeadRows heads, bool isShared)
    {
        if (layer.QueryNorms.Length > 0)
        {
            stream.NormalizeHeads(layer.QueryNorms, heads.Query);
        }

        if (layer.KeyNorms.Length > 0 && !isShared)
        {
            stream.NormalizeHeads(layer.KeyNorms, heads.Key);
        }
    }

    /// <summary>Feed-forward block: from its normalised input into the residual stream.</summary>
    private void FeedForward(ForwardState state, PassRows rows, LayerWeights layer, Matrix input, float? blockScale = null)
    {
        float scale = blockScale ?? Config.ResidualScale;
        ComputeStream stream = state.Stream;
        if (layer is { Experts: { } experts, Router: { } router })
        {
            Matrix routed = layer.RouterNorm is null ? input : Normalize(stream, layer.RouterNorm, rows.Hidden, state.Room(PassRoom.RouterInput, Config.HiddenSize));
            Matrix mixed = layer.ExpertNorm is null ? input : Normalize(stream, layer.ExpertNorm, rows.Hidden, state.Room(PassRoom.ExpertInput, Config.HiddenSize));
            Project(stream, router, routed, state.Scores, rows.Steps);
            stream.MixExperts(experts, state.Scores, mixed, state.FeedForward, rows.Steps);
            Normalize(stream, layer.PostExpertNorm, state.FeedForward, state.FeedForward);
            if (layer.Dense is { } shared)
            {
                AddShared(state, rows, layer, shared, input);
            }

            AddFeedForward(stream, state, rows, layer, scale);
            return;
        }

        DenseWeights dense = layer.Dense!;
        Matrix inner = Inner(state, rows, dense, input);
        if (layer.PostFeedForwardNorm is null && dense.Down.IsPlain && Config.FeedForwardScale == 1)
        {
            stream.ProductAdd(dense.Down.Weight, inner, state.FeedForward, rows.Hidden, scale, rows.Steps);
        }
        else
        {
            Project(stream, dense.Down, inner, state.FeedForward, rows.Steps);
            Scale(stream, state.FeedForward, Config.FeedForwardScale);
            AddFeedForward(stream, state, rows, layer, scale);
        }
    }

    /// <summary>The expert that every token goes through, added to what the others yield.</summary>
    private void AddShared(ForwardState state, PassRows rows, LayerWeights layer, DenseWeights shared, Matrix input)
    {
        ComputeStream stream = state.Stream;
        Matrix result = state.Room(PassRoom.Shared, Config.HiddenSize);
        Project(stream, shared.Down, Inner(state, rows, shared, input), result, rows.Steps);
        Normalize(stream, layer.PostDenseNorm, result, result);
        if (layer.SharedRouter is not { } gate)
        {
            stream.Add(state.FeedForward, result);
            return;
        }

        Matrix score = state.Room(PassRoom.SharedScore, 1);
        stream.MatMul(gate, input, score, rows.Steps);
        stream.AddGated(state.FeedForward, result, score);
    }

    /// <summary>What the down projection of a feed-forward block reads.</summary>
    private Matrix Inner(ForwardState state, PassRows rows, DenseWeights dense, Matrix input)
    {
        ComputeStream stream = state.Stream;
        Matrix inner = state.Up(dense.Size);
        if (!Config.Architecture.IsGated)
        {
            Project(stream, dense.GateUp, input, [inner], rows.Steps);
            if (dense.Xielu is { } xielu)
            {
                stream.Activate(xielu, inner);
            }
            else
            {
                stream.Activate(Config.Activation, inner);
            }
        }
        else if (!dense.GateUp.ArePlain || Config.GateScale != 1)
        {
            Matrix up = inner;
            inner = state.Gate(dense.Size);
            Project(stream, dense.GateUp, input, [inner, up], rows.Steps);
            Scale(stream, inner, Config.GateScale);
            stream.Gate(Config.Activation, inner, up, inner);
        }
        else
        {
            Matrix up = inner;
            inner = state.Gate(dense.Size);
            stream.GatedProduct(dense.GateUp.Weights, input, Config.Activation, inner, up, rows.Steps);
        }

        Normalize(stream, dense.Norm, inner, inner);
        return inner;
    }

    private static void AddFeedForward(ComputeStream stream, ForwardState state, PassRows rows, LayerWeights layer, float scale)
    {
        Normalize(stream, layer.PostFeedForwardNorm, state.FeedForward, state.FeedForward);
        stream.Add(rows.Hidden, state.FeedForward, scale);
    }

    /// <summary>Normalises into <paramref name="output"/>, or passes the input on where the architecture has no norm here.</summary>
    private static Matrix Normalize(ComputeStream stream, RowNorm? norm, Matrix input, Matrix output)
    {
        if (norm is null)
        {
            return input;
        }

        stream.Normalize(norm, input, output);
        return output;
    }

    private static void Project(ComputeStream stream, Projection projection, Matrix input, Matrix output, int steps) =>
        projection.Apply(stream, input, output, steps);

    private static void Project(ComputeStream stream, ProjectionGroup group, Matrix input, ReadOnlySpan<Matrix> outputs, int steps) =>
        group.Apply(stream, input, outputs, steps);

    private static void Scale(ComputeStream stream, Matrix values, float factor)
    {
        if (factor != 1)
        {
            stream.Scale(values, factor);
        }
    }
}
