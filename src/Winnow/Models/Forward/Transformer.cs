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
            [.. config.Layers.Select(layer => new AttentionShape(
                config.QueryHeads, config.KvHeads, config.HeadDimension, config.AttentionScale, config.AttentionSoftCap, layer.Window))],
            [.. config.Layers.Select(layer => layer.Attends)]);
        StateParts = [.. config.Layers.SelectMany((layer, i) => layer.Recurrent?.PartsOf(i) ?? [])];
    }

    /// <summary>The hyper-parameters.</summary>
    public ModelConfig Config { get; }

    /// <summary>The attention layers as methods see them.</summary>
    public AttentionLayers AttentionLayers { get; }

    /// <summary>What layers remember of a sequence beside keys and values.</summary>
    public IReadOnlyList<StatePart> StateParts { get; }

    /// <summary>The tokens of a chunk enter the residual stream.</summary>
    public void Embed(ForwardState state, PassRows rows)
    {
        state.Stream.Embed(_weights.Embedding, rows.Ids, rows.Hidden);
        Scale(state.Stream, rows.Hidden, Config.EmbeddingScale);
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
        if (layer.QueryKeyValue is { } projections)
        {
            ProjectQueries(state, rows, projections, input);
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
            sequence.Cache.Layer(index),
            sequence.Cache.Length,
            rows.QueryOf(segment),
            rows.UnrotatedQueryOf(segment),
            rows.AttendedOf(segment),
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
        if (!layer.Mixes)
        {
            FeedForward(state, rows, layer, Normalize(stream, layer.FeedForwardNorm, hidden, state.Normed));
            return;
        }

        ProjectMixed(state, rows, layer);
        Normalize(stream, layer.PostAttentionNorm, state.Attention, state.Attention);
        if (!layer.FeedsForward)
        {
            stream.Add(hidden, state.Attention, Config.ResidualScale);
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

    /// <summary>Queries, keys and values; where something gates what heads yield, it comes head by head with the queries.</summary>
    private void ProjectQueries(ForwardState state, PassRows rows, ProjectionGroup projections, Matrix input)
    {
        ComputeStream stream = state.Stream;
        if (!Config.Architecture.GatesAttention)
        {
            Project(stream, projections, input, [rows.Query, state.Key, state.Value], rows.Steps);
            return;
        }

        Project(stream, projections, input, [rows.QueryGate, state.Key, state.Value], rows.Steps);
        stream.Copy(HeadsOf(rows.QueryGate, 2 * Config.HeadDimension, 0), HeadsOf(rows.Query, Config.HeadDimension, 0));
    }

    /// <summary>The output projections of attention and of a block with a state: their sum where a layer has both.</summary>
    private void ProjectMixed(ForwardState state, PassRows rows, LayerWeights layer)
    {
        ComputeStream stream = state.Stream;
        if (layer.AttentionOutput is { } output)
        {
            if (Config.Architecture.GatesAttention)
            {
                Matrix heads = HeadsOf(rows.Attended, Config.HeadDimension, 0);
                stream.Gate(Activation.Sigmoid, HeadsOf(rows.QueryGate, 2 * Config.HeadDimension, Config.HeadDimension), heads, heads);
            }

            Project(stream, output, rows.Attended, state.Attention, rows.Steps);
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

    /// <summary>The heads of rows without gaps as rows of their own.</summary>
    /// <param name="rows">[rows, heads · width].</param>
    /// <param name="width">Elements from one head to the next.</param>
    /// <param name="first">The first of a head's elements that is wanted.</param>
    private Matrix HeadsOf(Matrix rows, int width, int first) =>
        new(rows.Buffer, rows.Offset + first, rows.Rows * Config.QueryHeads, Config.HeadDimension, width);

    private void RotateAppend(ForwardState state, PassRows rows, SegmentPart part, LayerWeights layer, int index)
    {
        ComputeStream stream = state.Stream;
        Sequence sequence = part.Segment.Sequence;
        HeadRows heads = new(
            rows.Query.RowSlice(part.FirstRow, part.Rows),
            sequence.Attention.NeedsUnrotatedQueries ? rows.UnrotatedQuery?.RowSlice(part.FirstRow, part.Rows) : null,
            state.Key.RowSlice(part.FirstRow, part.Rows),
            state.Value.RowSlice(part.FirstRow, part.Rows),
            Config.HeadDimension);
        RowNorm? queryNorm = layer.QueryNorm;
        RowNorm? keyNorm = layer.KeyNorm;
        if (sequence.Observer is not null || sequence.Attention.ObservesKeys)
        {
            // Whoever looks at heads wants them after their norms and before rotation.
            Normalize(stream, queryNorm, heads.Query, heads.Query);
            Normalize(stream, keyNorm, heads.Key, heads.Key);
            queryNorm = keyNorm = null;
            sequence.Observer?.ObserveHeads(stream, index, part.CacheRow, heads.Query, heads.Key);
            sequence.Attention.ObserveKeys(stream, index, part.CacheRow, heads.Key);
        }

        stream.RotateAppend(
            heads,
            queryNorm,
            keyNorm,
            sequence.Ropes[index],
            rows.Positions.Slice(part.FirstRow, part.Rows),
            sequence.Cache.Layer(index),
            part.CacheRow);
    }

    /// <summary>Feed-forward block: from its normalised input into the residual stream.</summary>
    private void FeedForward(ForwardState state, PassRows rows, LayerWeights layer, Matrix input)
    {
        ComputeStream stream = state.Stream;
        if (layer is { Experts: { } experts, Router: { } router })
        {
            stream.MatMul(router, input, state.Scores, rows.Steps);
            stream.MixExperts(experts, state.Scores, input, state.FeedForward, rows.Steps);
            AddFeedForward(stream, state, rows, layer);
            return;
        }

        ProjectionGroup gateUp = layer.GateUp!;
        Projection down = layer.Down!;
        Matrix inner = state.Up;
        if (!Config.Architecture.IsGated)
        {
            Project(stream, gateUp, input, [inner], rows.Steps);
            stream.Activate(Config.Activation, inner);
        }
        else if (!gateUp.ArePlain || Config.GateScale != 1)
        {
            inner = state.Gate;
            Project(stream, gateUp, input, [inner, state.Up], rows.Steps);
            Scale(stream, inner, Config.GateScale);
            stream.Gate(Config.Activation, inner, state.Up, inner);
        }
        else
        {
            inner = state.Gate;
            stream.GatedProduct(gateUp.Weights, input, Config.Activation, inner, state.Up, rows.Steps);
        }

        if (layer.PostFeedForwardNorm is null && down.IsPlain && Config.FeedForwardScale == 1)
        {
            stream.ProductAdd(down.Weight, inner, state.FeedForward, rows.Hidden, Config.ResidualScale, rows.Steps);
        }
        else
        {
            Project(stream, down, inner, state.FeedForward, rows.Steps);
            Scale(stream, state.FeedForward, Config.FeedForwardScale);
            AddFeedForward(stream, state, rows, layer);
        }
    }

    private void AddFeedForward(ComputeStream stream, ForwardState state, PassRows rows, LayerWeights layer)
    {
        Normalize(stream, layer.PostFeedForwardNorm, state.FeedForward, state.FeedForward);
        stream.Add(rows.Hidden, state.FeedForward, Config.ResidualScale);
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
