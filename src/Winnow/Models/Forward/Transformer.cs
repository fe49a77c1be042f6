using Winnow.Attention;
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
        AttentionLayers = new AttentionLayers([.. config.Layers.Select(layer => new AttentionShape(
            config.QueryHeads, config.KvHeads, config.HeadDimension, config.AttentionScale, config.AttentionSoftCap, layer.Window))]);
    }

    /// <summary>The hyper-parameters.</summary>
    public ModelConfig Config { get; }

    /// <summary>The attention layers as methods see them.</summary>
    public AttentionLayers AttentionLayers { get; }

    /// <summary>The tokens of a chunk enter the residual stream.</summary>
    public void Embed(ForwardState state, PassRows rows)
    {
        state.Stream.Embed(_weights.Embedding, rows.Ids, rows.Hidden);
        Scale(state.Stream, rows.Hidden, Config.EmbeddingScale);
    }

    /// <summary>Queries, keys and values of a chunk, normalised and rotated; keys and values go into the caches.</summary>
    public void ProjectHeads(ForwardState state, PassRows rows, int index)
    {
        LayerWeights layer = _weights.Layers[index];
        ComputeStream stream = state.Stream;
        foreach (SegmentPart part in rows)
        {
            part.Segment.Sequence.Observer?.ObserveHidden(stream, index, part.CacheRow, rows.Hidden.RowSlice(part.FirstRow, part.Rows));
        }

        Matrix input = Normalize(stream, layer.AttentionNorm, rows.Hidden, state.Normed);
        Project(stream, layer.QueryKeyValue, input, [rows.Query, state.Key, state.Value], rows.Steps);
        foreach (SegmentPart part in rows)
        {
            RotateAppend(state, rows, part, layer, index);
        }
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
        Project(stream, layer.AttentionOutput, rows.Attended, state.Attention, rows.Steps);
        Normalize(stream, layer.PostAttentionNorm, state.Attention, state.Attention);
        if (Config.IsParallel)
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
        else if (!gateUp.ArePlain)
        {
            inner = state.Gate;
            Project(stream, gateUp, input, [inner, state.Up], rows.Steps);
            stream.Gate(Config.Activation, inner, state.Up, inner);
        }
        else
        {
            inner = state.Gate;
            stream.GatedProduct(gateUp.Weights, input, Config.Activation, inner, state.Up, rows.Steps);
        }

        if (layer.PostFeedForwardNorm is null && down.IsPlain)
        {
            stream.ProductAdd(down.Weight, inner, state.FeedForward, rows.Hidden, Config.ResidualScale, rows.Steps);
        }
        else
        {
            Project(stream, down, inner, state.FeedForward, rows.Steps);
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

    private static void Project(ComputeStream stream, Projection projection, Matrix input, Matrix output, int steps)
    {
        stream.MatMul(projection.Weight, input, output, steps);
        Finish(stream, projection, output);
    }

    private static void Project(ComputeStream stream, ProjectionGroup group, Matrix input, ReadOnlySpan<Matrix> outputs, int steps)
    {
        stream.MatMul(group.Weights, input, outputs, steps);
        for (int i = 0; i < outputs.Length; i++)
        {
            Finish(stream, group.Projections[i], outputs[i]);
        }
    }

    private static void Finish(ComputeStream stream, Projection projection, Matrix output)
    {
        Scale(stream, output, projection.Scale);
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
